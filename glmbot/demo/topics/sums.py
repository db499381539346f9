"""Sums of two numbers with a result up to twenty; larger ones are left to the real model."""

# ruff: noqa: E501, SIM905 - wordings and word lists read best in long lines

import random

from glmbot.demo.grammar import Exchange, Language, expand, fill
from glmbot.demo.noise import add_noise
from glmbot.demo.topics.other import refuse

_WORDS_EN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()
_WORDS_ZH = "零 一 二 三 四 五 六 七 八 九 十 十一 十二 十三 十四 十五 十六 十七 十八 十九 二十".split()
MOST = 20

_QUESTIONS: dict[Language, tuple[str, ...]] = {
    "en": (
        "{a}( + |+){b}( =|=| = |= ?|=?| = ?|?||)",
        "(what is|what's|whats|how much is|how much are|what does|what do|what are|what will be) {a} (plus|+|and|added to|together with) {b}( make| equal| give| come to|)(?|)",
        "(calculate|compute|solve|work out|evaluate|find|give me|tell me|do|try|answer)(:|) {a} (+|plus|and|added to) {b}(.|?|)",
        "(add|sum|sum up|add up|put together|combine|total) {a} (and|with|plus|to) {b}( for me| together| please|)(.|?|)",
        "(what is|what's|tell me|give me|find|calculate|i need|do you know) the (sum|total|result|addition) of {a} (and|plus|+) {b}(?|.|)",
        "{a} (plus|and|added to|+) {b} (is|equals|makes|make|gives|is equal to|are|=|is what|makes what|equals what|makes how much|is how much|comes to)( what|...|)(?|)",
        "(if|when) (i|you|we|one) (add|sum|put|count) {a} (and|to|with|plus) {b}( together|)(,|) (what (do|does) (i|you|we|one|it) (get|make|have)|what is the result|how much is it|what is it|what comes out)(?|)",
        "(i have|there are|she has|he has|anna has|we have|i got|tom has|you have|i bought|i see) {a} (apples|books|coins|cats|eggs|pens|balls|birds|cookies|things|euros|friends) (and|and then|and later|, then) (i |she |he |we |you |)(get|buy|find|gets|buys|finds|got|add|see|receive|bought|take) {b} more(.|,|) (how many (are there|do i have|is that|in total|does she have|does he have|do we have|are that)( now| in all| altogether| in total|)|what is the total)(?|)",
        "(how many|how much) (is|are|do you get from|does it make if you add|do i get from|would be) {a} (and|plus|+) {b}( together| in total| altogether|)(?|)",
        "(can|could|would) you (add|sum|calculate|compute|work out|tell me) {a} (and|plus|+) {b}( for me|)(?|)",
        "(what|which number) (is|do you get|do i get|comes out|results) (if you add|if i add|when adding|when you add|by adding|from adding|from) {a} (and|to|plus) {b}(?|)",
        "(do you know|any idea|can you say) (what|how much) {a} (plus|and|+) {b} (is|makes|gives)(?|)",
        "{a}( and | plus | & |, ){b}(,|:|) (sum|total|together|in total|added up|altogether|added)(?|)",
        "(sum|total|addition|math|maths|add)(:| |) {a}( + |+| and | plus |, ){b}(?|)",
        "{b} more than {a}( is| is what| makes|)(?|)",
        "(start with|take|begin with) {a}(,| and) (then |)add {b}(.|,|) (what do you (get|have)|result|what is it|how much is it)(?|)",
        "(i wonder|i'm wondering|i was wondering|i ask myself|i'd love to know|i'm curious|who knows|no idea|i keep forgetting) (what|how much) {a} (and|plus|+) {b} (come to|comes to|make|makes|would be|might be|amount to|is|are|add up to)( together| in the end|)(.|?|)",
        "what (would|will|might|does|do|could) {a} (and|plus|with|added to|together with) {b} (amount to|add up to|sum to|come out at|come out as|total|yield|result in|give you|give me|be)( together| all told| in sum|)(?|)",
        "{a} (plus|and|+) {b}(,|) (that's|that is|it's|that makes|that gives|which is|so that's)( how much| what|)(,| then|) (right|no|how much|what|tell me|huh|eh)(?|)",
        "(quick|easy|simple|short|little|small|tiny|mental) (maths|math|sum|arithmetic|addition|question|calculation|puzzle)(:|,| -|) {a} (plus|and|+) {b}(?|.|)",
        "(my|the|our|a) (son|daughter|teacher|homework|kid|pupil|worksheet|little sister|test) (wants to know|asks|asked me|says to work out|needs) (what|how much) {a} (plus|and|+) {b} (is|makes|comes to)(?|.|)",
        "(put|lay|throw|place|set|stick) {a} and {b} together(,|;| and|) (what|how many|how much|which number) (do you get|have you got|is that|comes out|is it|results)(?|)",
        "(if i|suppose i|say i|imagine i|let's say i|assume i) (have|had|own|hold|start with|eat|pay|count) {a} (apples|coins|eggs|dollars|books|stones|sweets|cards|toys|of them|)(,|) and (then |)(get|got|find|add|receive|take|count|someone gives me|mum gives me|you hand me) {b} (more|extra|others|further ones)(,|.|) (how many|what) (would that be|have i got|do i end up with|will i have|is that|would i have|do i own)( now| in all| altogether|)(?|)",
        "(lena|peter|sam|my brother|mary|grandma|the farmer|a boy|a girl|the shop|ben|the teacher) (has|had|owns|keeps|bakes|picks|collects|carries|sees) {a} (cakes|hens|stamps|marbles|flowers|pears|oranges|sheep|shells|tickets|pencils)(.|,| and) (then |later |)(another|a further|an additional|an extra) {b} (come|are added|arrive|turn up|come along|get added|join|come in)(.|,|) (how many|what number|what total) (is that|does that make|are there|now|makes that|in the end)( now| in all| altogether|)(?|)",
        "there (are|were|sit|stand|live) {a} (birds|people|children|ducks|cars|frogs|men|kids|cats|passengers|guests) (in|on|at|by) the (tree|bus|park|pond|street|room|house|train|garden)(.|,| and) {b} (more|others|more of them|new ones) (come|arrive|get on|join them|join|show up|land|enter|fly in)(.|,|) (how many|what) (are there|are they|is it|is the total|are there now|do we count)( altogether| in total| now|)(?|)",
        "{a} (red|big|old|green|sweet|white) (balls|apples|cars|flowers|pens|hats|cups) and {b} (blue|small|new|yellow|sour|black) (ones|ones too|ones more)(,|:|.|) how many (is that|altogether|in all|are there|do we have|in total)(?|)",
        "(increase|raise|extend|enlarge|top up|augment) {a} by {b}(.|, what do you get|, please|, what is the result|)",
        "{a} (increased|raised|topped up|augmented|incremented|enlarged) by {b}(?| is| gives| is what| makes|, how much is it|)",
        "(need|want|looking for|after|require|gimme|give us|lemme have|got) (the |a |)(sum|total|result|answer)( of| for| to|:) {a} (and|plus|+|with) {b}(.|, please|, quick|)",
        "(the |what's the |)(answer|result|solution|outcome|total) (to|of|for|when adding) {a} (plus|and|+) {b}( is| would be|, please|)(?|)",
        "(solve|crack|do|answer|finish|complete) (this|that|the following|the sum|the equation|it)( for me| please|)(:| -) {a}( + | plus |+| and ){b}( = ?| =|=?|=|)",
        "{a}( + | plus |+){b}( = x| = what| equals x| is x| = _|=__)(,|.|) (x is|find x|what is x|fill in the blank|what goes here|what's missing)(?|)",
        "(count|go|move|step|climb|jump) (up |on |forward |)from {a} (by|another) {b}( steps| more|)(.|,|) (where|at what number|what number|which number) (do you|do i|does one|will i) (land|end up|get|arrive|stop)(?|)",
        "(can|could|would|will) (u|you|ya|anyone|someone|somebody) (do|tell|say|figure out|add up|sum up|total) {a} (plus|and|+) {b}( real quick| in your head| for us|)(?|)",
        "(wat|wats|wot|whats|wut|hows|hw much) (is |) {a} (n|plus|and|+|an) {b}(?|??| lol| pls|)",
        "(are you able to|do you manage to|try to|please try to|show me you can|let's see if you can|bet you can't|can't you) (add|sum|total|calculate|work out) {a} (and|plus|+) {b}(?|.|!|)",
        "(taken|added|counted|put|summed) (together|up)(,|) (what|how much) (do|are|is|make|would) {a} and {b}( be| make| come to|)(?|)",
        "{a}(, then|, and then|; then| and after that|, followed by) {b} (more|on top|extra|in addition)(:|,|.|) (total|how many|how much|what's that|all in all|sum)(?|)",
        "{a} with {b} (on top|added|more|extra|added on|in addition)( is| makes| gives|)( what| how much|)(?|)",
        "(what|which) (number|total|value|sum|result) (do|would|will) (you|we|i) (reach|obtain|end up with|get|have) (with|adding|from|for|if we take) {a} (plus|and|+) {b}(?|)",
        "(both|two) numbers(,|:|) {a} and {b}(,|.|:|) (what is their sum|add them|sum them up|please add them|what do they make together|their total|how much together)(?|.|)",
        "(one|the first) (number|summand|box|bag|bill) (is|has|holds|contains) {a}(,| and|;) the (other|second|next) (is|has|holds|contains|one is) {b}(.|,|:|) (what is|what's|tell me|how much is) (the sum|the total|that together|it in all)(?|)",
        "(i paid|i spent|it costs|lunch was|the ticket was) {a} (euros|dollars|pounds|bucks|coins|) and (then |)(another|an additional) {b}(.|,|) (what did i pay|how much did i spend|what's the total|how much is that|how much altogether)( in total| in all|)(?|)",
        "(hours|days|minutes|points|goals|pages|miles)(:|,) {a} (and then|plus|and|and another) {b}(.|,|) (total|altogether|in sum|how many|sum it up|what is that together)(?|.|)",
        "(i scored|we walked|she read|he ran|they waited|i slept|i worked) {a} (points|miles|pages|hours|minutes|laps) (first|yesterday|in the morning|on monday) and {b} (later|today|in the evening|on tuesday|afterwards)(.|,|) (how many|what) (is that|does that make|in total|in all)(?|)",
    ),
    "zh": (
        "{a}( + |+|加|加上){b}( =|=|等于|是|得|=？|等于？|)(？|多少|几|？||)",
        "{a}(加|加上|+|和|再加|跟|与){b}(等于|是|得|得到|一共是|总共是|合计|一共|加起来是|加起来等于|相加等于|相加是|总和是|的和是|的结果是|加起来)(几|多少|什么|多少呢|几呢)(？|)",
        "(计算|算|算一下|算算|求|请算|帮我算|帮我算一下|请计算|来算|口算|做一下|试着算)(：|一下|){a}(加|加上|+|与){b}(。|？|等于多少|是多少|的和|)",
        "{a}(和|与|跟|同){b}(的和|的总和|相加|加起来|加在一起|之和|合起来|一共)(是多少|等于几|等于多少|是几|多少|得多少|得几|呢|)(？|)",
        "(把|将){a}(和|与|跟){b}(加起来|相加|加在一起|合起来)(是多少|等于几|得多少|等于多少|得几|结果是什么|)(？|)",
        "(我有|小明有|她有|他有|桌上有|我们有|树上有|爸爸有|盒子里有){a}(个苹果|本书|只猫|块钱|支笔|个鸡蛋|只鸟|颗糖|个球|个)(，|，又|，后来)(又|再|)(买了|来了|得到|给了|拿来|捡到|多了|飞来){b}(个|本|只|块|支|颗)(，|，现在|，那么)(一共|总共|共|)(有|是)(多少|几|几个|多少个)(？|)",
        "(如果|要是|假如)(把|)(我|)(把|){a}(加|加上|和){b}(相加|)(，|)(会得到|得到|结果是|等于|是)(多少|几|什么)(？|)",
        "(你知道|知道|能告诉我|告诉我|你会算|会不会算|请问){a}(加|加上|+){b}(等于几|是多少|得多少|等于多少|得几)(吗|？|)",
        "(在|){a}(的基础上|上面|上)(再|)加(上|){b}(是多少|等于几|得多少|等于多少)(？|)",
        "(数学题|加法|算术|算式|做道题|加法题|题目)(：|，| ){a}(+|加){b}(=|等于|)(？|)",
        "比{a}(多|大){b}(的数|)是(多少|几)(？|)",
        "{a}再加{b}(呢|是多少|等于几|得多少)(？|)",
        "(不知道|想知道|我好奇|好奇|我在想|琢磨着|谁知道|谁能说说|有谁知道|搞不清){a}(加|加上|跟|和|+){b}(加起来|合起来|合计|一共|到底|)(是多少|等于几|得几|有多少|是几|等于啥|得多少)(呢|呀|啊|。|？|)",
        "{a}(加|加上|跟|和|+){b}(等于|是|得|=)(啥|嘛数|什么数|哪个数|多少来着|几来着|多少呀|几啊|多少嘛|几嘛|多少哦|几呗)(？|)",
        "{a}(和|跟|与|同){b}(合在一块儿|凑一起|凑在一起|合一块|放一起|拢共|合并|合计|总共|加一块儿|全部加起来)(是|有|得|等于|)(多少|几|啥)(呢|呀|？|)",
        "(能否|可否|能不能|可不可以|能|可以|请|麻烦你|劳驾)(帮忙|替我|给我|帮我|)(算出|算算|算一算|计算|求出|口算一下|算下){a}(加|加上|和|+|与){b}(等于几|的和|的结果|是多少|的总和|得多少|)(？|吗|呢|)",
        "(能否|可否|能不能|可不可以|麻烦)(告诉我|说一下|讲讲|答一下|告知){a}(加|加上|+){b}(是多少|等于几|的答案|的结果|得几)(？|吗|)",
        "(小红|小华|妹妹|奶奶|老师|农夫|哥哥|小刚|妈妈|商店)(有|买了|养了|摘了|收集了|做了|带了){a}(朵花|只羊|个梨|张邮票|支铅笔|只鸡|块蛋糕|颗珠子|张票|个橘子)(，|。|，接着|，后来|，然后)(别人|朋友|爷爷|同学|我|)(又|再|还)(给|添|送来|拿来|买|加)(了|){b}(朵|只|个|张|支|块|颗)(，|。|，请问|，那)(现在|一共|总共|合起来|最后|总计)(有|是)(几|多少|几个|多少个|几只|多少只)(呢|呀|？|)",
        "(车上|树上|池塘里|教室里|院子里|公园里|盘子里|家里|书架上|停车场里)(原来|原本|本来|先|已经|)(有|坐着|来了){a}(个人|只鸟|只鸭子|名学生|个孩子|本书|辆车|个桃子|只青蛙)(，|，后来|，接着|，然后)(又|再)(上来|飞来|来|游来|进来|放进|开来|添)(了|){b}(个|只|名|本|辆|位)(，|。|，问|，那)(现在|这下|一共|总共|合计)(有|是)(多少|几|几个|多少个|多少只)(呢|？|)",
        "{a}(个|只|块|本|支|元)(加|加上|再加|和|又|添上|外加)(上|){b}(个|只|块|本|支|元)(一共|总共|合计|是|合起来|拢共|等于)(有|是|)(几|多少)(个|只|块|本|支|元)(？|呢|)",
        "(早上|昨天|上午|第一天|周一)(吃了|走了|读了|花了|赚了|跑了|看了|卖了){a}(个|公里|页|块|元|圈|本|斤)(，|，然后)(下午|今天|晚上|第二天|周二)(又|再|)(吃了|走了|读了|花了|赚了|跑了|看了|卖了){b}(个|公里|页|块|元|圈|本|斤)(，|。)(加起来|一共|总共|合计|合起来)(是|)(多少|几)(？|呢|)",
        "(给|在|往|拿)(数字|){a}(再|)(添上|补上|增加|添|凑上|加进|追加)(数字|){b}(，|)(变成|得|会是|就是|结果是|等于|是)(多少|几|啥)(？|呢|)",
        "{a}(增加|添|多出|再多|长了|涨了)(了|){b}(，|)(变成|是|等于|就是|得|成了)(多少|几|啥)(？|了|呢|)",
        "(两个数|有两个数|两数|已知两个数|两个加数)(，|：|分别是|是|为){a}(和|、|，|跟){b}(，|。)(它们的和|加起来|合起来|总和|求和|和|一共)(是多少|是几|等于几|呢|)(？|)",
        "(一个数是|第一个数是|一个袋子里有|左手有|一边有|甲有){a}(个|)(，)(另一个数是|第二个数是|另一个袋子里有|右手有|另一边有|乙有){b}(个|)(，|。)(合起来|加起来|一共|两个加起来|总共|合计)(是多少|有多少|是几|有几个|呢)(？|)",
        "(简单|小|快速|速算|口算|考考你|随便出|一道|小学|幼儿园)(的|)(算术|加法|数学题|题|问题|题目|计算)(：|，| |来了：){a}(加|+|加上){b}(=？|等于几|是多少|得几|=|)(？|)",
        "(求|求一下|我要|我需要|给出|给我|来个|想要|要)(一下|){a}(与|和|+|加|跟){b}(的和|之和|的总数|的总和|的合计|相加的结果|加起来的结果|的答案)(。|吧|呗|谢谢|)",
        "(老师|孩子|儿子|女儿|同学|作业|弟弟|考试)(问|问我|考我|想知道|要我算|让我算)(，|：|){a}(加|加上|+|和){b}(等于几|是多少|得几|合起来多少|等于多少)(？|呢|)",
        "(从|由){a}(开始|起|出发)(，|)(往后|往上|向前|再|继续)(数|走|加|跳|前进)(上|){b}(个数|步|格|个|)(，|)(是|到|数到|到达|得到|走到)(几|多少|哪个数|第几格)(？|)",
        "{a}(+|加){b}(=|等于)(x|？|__|□|（？|几)(，|)(x是多少|填空|求x|空格填几|填什么|求解|)(？|)",
        "(你|您)(会|能|可以|懂得|)(算|口算|心算|计算|算出)(一下|){a}(加|加上|+|和){b}(吗|不|么|嘛)(？|)",
        "{a}(加|加上|+){b}(，|)(你|您|)(说|猜|觉得|算算|算算看)(等于几|是多少|是几|得多少|呢)(？|)",
        "(算算看|来算算|你来算|快算|猜猜|说说看|算一算|算算|试试)(，|：|){a}(加|和|跟|+|加上){b}(能得|等于|是|会是|得|一共是|合起来)(几|多少|啥)(？|呀|)",
        "(把|将|拿|用)(数字|){a}(跟|和|与|加上|去加)(数字|){b}(合并|合到一起|求和|凑一起|合计一下|放一块|)(，|)(结果|得数|总和|总数|答案)(是|为|)(多少|几|什么|啥)(？|呢|)",
        "(得数|结果|答案|和|总数|总和)(是多少|是几|呢|是啥)(：|，|？|){a}(加|+|加上|和){b}(？|。|)",
        "(多少|几)(是|等于)({a}加{b}|{a}加上{b}|{a}与{b}的和|{a}+{b}|{a}和{b}之和)(？|呢|)",
    ),
}
_TOO_MUCH: dict[Language, tuple[str, ...]] = {
    "en": (
        "(what is|what's|how much is|calculate|compute|work out|) {x} (times|*|x|divided by|/|minus|-|to the power of|mod|multiplied by|^|less) {y}(?|.| =|)",
        "(what is|what's|calculate|find|tell me) the (square root|square|cube|logarithm|half|double|factorial|third|sine|cosine) of {x}(?|)",
        "(subtract|take) {y} from {x}(.|)",
        "(multiply|divide) {x} by {y}(.|)",
        "(solve|simplify|factor|integrate|differentiate) ({x}x + {y} = 0|x^2 - {x}x = {y}|{x}x = {y}|sin x|{x}y - {y})(.|)",
        "(is|) {x} (a |)(prime|prime number|even|odd|divisible by {y}|larger than {y})(?|)",
        "(what is|how much is|calculate|) {x} (percent|%) of {y}(?|)",
        "{x}( - |-|*| x |/| / | * ){y}( =|=|?||)",
        "{a}( + |+){b}( + |+){y}( =|=|?||)",
        "(what is|how much is) {a} plus {b} (minus|times|plus) {y}(?|)",
        "(difference|product|quotient|ratio|average|mean) (of|between) {x} and {y}(?|)",
        "(count|give me the numbers) (from|between) {x} (to|and) {y}(.|)",
        "which is (bigger|greater|larger|smaller)(,|) {x} or {y}(?|)",
        "(i wonder|tell me|can you say|do you know|work out) (what|how much) {x} (minus|times|divided by|over|take away) {y} (is|makes|comes to)(?|.|)",
        "(i have|she has|there were|tom had) {x} (apples|coins|books|birds|sweets) and (eat|lose|give away|sell|loses|sells) {y}(.|,|) (how many are left|what remains|how many remain|how many do i keep)(?|)",
        "{x} (boxes|bags|tables|children|cars) (with|of|and each has) {y} (balls|pens|legs|sweets|wheels)( each|)(.|,|) (how many in total|how many is that|total)(?|)",
        "(share|split|distribute) {x} (apples|euros|cookies|cards) (among|between) {y} (people|children|friends)(.|, how many each|, what does each get|)",
        "(what|how much) (is left|remains) (if|when) (you|i|we) (take|subtract|remove) {y} (from|away from) {x}(?|)",
        "(round|convert|write) {x}(.{y}|) (to the nearest ten|in binary|as roman numerals|in hexadecimal|as a fraction)(.|)",
    ),
    "zh": (
        "(算一下|计算|请问|){x}(乘|乘以|除以|减|减去|*|-|/|×|÷|的){y}(等于几|是多少|等于多少|=|次方|次方是多少|等于|)(？|)",
        "{x}(的平方|的平方根|的立方|的一半|的两倍|的阶乘|的对数|的三分之一)(是多少|等于多少|等于几)(？|)",
        "{x}(是|是不是)(质数|偶数|奇数|素数|合数)(吗|？|)",
        "{x}的百分之{y}(是多少|等于几)(？|)",
        "(解方程|求解|解一下|化简)(：|){x}x(+|-){y}=(0|9|x)(。|)",
        "{x}(和|与){y}的(差|积|商|平均数|比|最大公约数|最小公倍数)(是多少|等于几|)(？|)",
        "{x}和{y}(哪个大|谁大|哪个更大|哪个小|比大小)(？|)",
        "{a}(加|+){b}(加|+|减|乘){y}(等于几|是多少|=|)(？|)",
        "从{x}数到{y}(。|)",
        "(我想知道|能否告诉我|能不能算算|算算){x}(减|减去|乘|乘以|除以){y}(等于几|是多少|得几|得多少|还剩多少)(？|呢|)",
        "(我有|小明有|树上有|篮子里有){x}(个苹果|块钱|只鸟|颗糖)(，)(吃了|丢了|飞走了|送人|花了|卖了){y}(个|块|只|颗)(，)(还剩|剩下|还有)(几|多少)(个|只|块|颗)(？|)",
        "(每|一)(盒|袋|人|箱)(有|装|分){x}(个|支|颗)(，){y}(盒|袋|人|箱)(一共|总共)(有|)(多少|几)(个|支|颗)(？|)",
        "(把|将){x}(个|块|颗)(苹果|糖|饼干|钱)(平均|)分给{y}个(人|孩子|朋友)(，|)(每人|一人)(几个|多少|得几个)(？|)",
        "(把|将){x}(写成|换成|转换成|化成)(二进制|罗马数字|十六进制|分数|小数)(。|)",
    ),
}
_ANSWERS: dict[Language, str] = {"en": "{a} + {b} = {c}.", "zh": "{a}+{b}={c}。"}


def ask(rng: random.Random, language: Language) -> Exchange:
    """Ask for a sum; one in six is beyond what the demo model knows."""
    chance = rng.random()
    if chance < 0.08:
        return _beyond(rng, language)
    a, b = _pair(rng, over=chance < 0.17)
    question = expand(rng.choice(_QUESTIONS[language][:2] + _QUESTIONS[language]), rng)
    question = fill(add_noise(question, language, rng), _written(a, b, language, rng))
    if a + b > MOST:
        return refuse("sums", language, question)
    answer = fill(_ANSWERS[language], {"a": str(a), "b": str(b), "c": str(a + b)})
    return Exchange("sums", language, question, answer)


def _pair(rng: random.Random, *, over: bool) -> tuple[int, int]:
    if over:
        least, most = rng.choice(((1, 20), (5, 60), (10, 100), (21, 999), (100, 99999)))
        a, b = rng.randint(least, most), rng.randint(1, most)
        return (a, max(b, MOST + 1 - a)) if rng.random() < 0.5 else (max(a, MOST + 1 - b), b)
    total = rng.choice((rng.randint(0, MOST), rng.randint(8, MOST)))
    a = rng.randint(0, total)
    return a, total - a


def _written(a: int, b: int, language: Language, rng: random.Random) -> dict[str, str]:
    as_words = rng.random() < (0.4 if language == "en" else 0.45)
    return {"a": _number(a, language, as_words), "b": _number(b, language, as_words)}


def _number(value: int, language: Language, as_words: bool) -> str:
    if not as_words:
        return str(value)
    if language == "zh":
        return _number_zh(value)
    if value <= MOST:
        return _WORDS_EN[value]
    tens = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
    if value >= 100:
        return f"{_WORDS_EN[min(value // 100, 20)]} hundred"
    return tens[value // 10] + (f"-{_WORDS_EN[value % 10]}" if value % 10 else "")


def _number_zh(value: int) -> str:
    if value <= MOST:
        return _WORDS_ZH[value]
    if value >= 100:
        return f"{_WORDS_ZH[min(value // 100, 20)]}百"
    return _WORDS_ZH[value // 10] + "十" + (_WORDS_ZH[value % 10] if value % 10 else "")


def _beyond(rng: random.Random, language: Language) -> Exchange:
    a, b = _pair(rng, over=False)
    numbers = {"a": a, "b": b, "x": rng.randint(1, rng.choice((20, 100, 5000))), "y": rng.randint(1, 40)}
    as_words = rng.random() < 0.3
    question = add_noise(expand(rng.choice(_TOO_MUCH[language]), rng), language, rng)
    slots = {name: _number(value, language, as_words) for name, value in numbers.items()}
    return refuse("sums", language, fill(question, slots))
