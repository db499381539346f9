"""What the sender told earlier: a name and a favourite colour. The last statement wins."""

# ruff: noqa: E501 - wordings and word lists read best in long lines

import random
from dataclasses import dataclass, replace

from glmbot.demo.grammar import Exchange, Language, expand, fill
from glmbot.demo.names import invent_colour, invent_name
from glmbot.demo.noise import add_noise


@dataclass(frozen=True, slots=True)
class Known:
    """What the sender has told so far."""

    name: str | None = None
    colour: str | None = None


_TELL_NAME: dict[Language, tuple[str, ...]] = {
    "en": (
        "(my name is|my name's|my names|i am|i'm|im|call me|they call me|people call me|you can call me|you may call me|please call me|the name is|the name's|i am called|i'm called|i go by|it's|this is|my first name is|everybody calls me|friends call me|just call me|me llamo|name:|my name:) {n}",
        "{n} (is my name|here|is what they call me|is what people call me|is the name|is my first name|speaking|is what my friends call me)",
        "(hi|hello|hey|good morning|good evening|hey there|hello there|greetings)(,|!|) (my name is|my name's|i am|i'm|it's|this is|call me|im|i'm called) {n}",
        "(hi|hello|hey)(,|!|) {n} here",
        "(nice to meet you|pleased to meet you|hello bot)(,|.|!|) (my name is|i am|i'm|call me) {n}",
        "(my name is|i am|i'm|call me|i'm called) {n}(,|.|!) (nice to meet you|what about you|and you|pleased to meet you|who are you|how are you|good to see you|i am new here|i live in (berlin|a village|china)|i need some help|i am a student)(?|.|)",
        "(let me|allow me to|may i|i want to|i'd like to) (introduce myself|present myself)(:|.|,) (i am|i'm|my name is|) {n}",
        "(remember|note|keep in mind|please remember|don't forget|save|learn|for the record|fyi|btw|by the way|so you know|just so you know|in case you wonder|guess what)(:|,| that|) (my name is|i am|i'm|i am called|they call me) {n}",
        "(my parents|my mother|my parents once) (named|called) me {n}",
        "(what's up|ok|well|so|great|good)(,|.|!) (i'm|i am|my name is) {n}",
        "i (have|was given|got|bear) the name {n}",
        "(my name|name) (is|=|:) {n}(, remember (it|that|this)|, please remember|, ok|, don't forget it|, got it)",
        "you are (talking|speaking|chatting) (to|with) {n}",
        "(my|the) (friends|family|colleagues|neighbours|mates|classmates|people|others) (all |usually |always |mostly |generally |)(call|know|address) me (as |by the name |){n}",
        "(hello|hi|hey|good day|good evening|yo|greetings)(,|!|.|) {n} (is here|here|speaking|is my name|at the keyboard|on the line|talking|again)",
        "(i'm|i am|this is) {n}(,|, and) (a|an|the) (nurse|teacher|student|new user|engineer|beginner|farmer|driver|cook|gamer|doctor|newcomer|friend of the house) (by trade|from (Rome|Spain|the north|the office|next door)|here|by profession|these days|)",
        "(i'm|i am|my name is|it's|this is) {n}(,|.|;| -) (how (is it going|are you doing|do you do|are things|is life)|what's up|glad to be here|happy to meet you|good to be here|what about yours|how can you help me)(?|.|!|)",
        "(you|feel free to|please|do|kindly|just) (can |may |might |should |could |)(call|address|greet|name) me (as |){n}(,| -|) (ok|okay|please|will you|alright|if you like|from now on|thanks|)(?|.|!|)",
        "(you are|you're|you have been) (speaking|chatting|talking|writing) (to|with) {n}( now| here| today| at the moment| this time|)",
        "(a|the) (person|human|user|one|guy|girl|lady|man) (here|talking to you|in front of you|behind this keyboard|asking you things) is (called |named |){n}",
        "(first things first|before we start|to begin with|for your notes|let's get started|to be clear|so that you know|to introduce myself|in case you need it)(:|,| -) (i'm|i am|my name is|the name's|call me|it's) {n}",
        "{n}(, |: | - )(that's|that is|this is|yes that is) (me|my name|what i am called|who i am|how they call me)",
        "{n}(,|.| -) (nice to meet you|pleased to meet you|at your service|hello|reporting in|that's me)",
        "(everyone|everybody|nobody but you doesn't|half the town|my whole family|the team) (calls|knows) me (as |){n}",
        "(they|my parents|my folks|my grandparents) (named|gave me the name|chose the name|picked the name|called) (me |for me |){n}",
        "(the|my) (name|first name|given name|full name|nickname|user name|handle|alias) (i use|i have|i go by|here|on my passport|of mine|i was given|) (is|would be|happens to be|reads|was always) {n}",
        "(who am i|my name)? (well, |)(i'm|i am|it's|it is) {n}(!|.|)",
        "(store|write down|jot down|take down|save|keep|memorise) (that |this: |:|)(my name is|i am called|i'm|i am|name is) {n}(, please|)",
        "(i have been|i've been|i was|i am) (called|named|known as|baptised|registered as) {n}( (all my life|since birth|for years|by my parents|by everyone))",
        "(ok|okay|so|well|right|alright|hm|oh)(,| then,|) (i'm|i am|my name is|the name is|call me) {n}",
    ),
    "zh": (
        "(我|本人|俺|在下)(叫|是|名叫|的名字是|的名字叫|的名字叫做|姓名是|叫做|名字是|名字叫){n}",
        "(你|您|)(可以|就|请|)(叫我|称呼我|称呼我为|喊我|管我叫|叫我做){n}(吧|就好|就行|好了|)",
        "(你好|您好|嗨|嘿|大家好|早上好|晚上好|哈喽|初次见面)(，|！|。|)(我|)(叫|是|的名字是|名叫){n}",
        "(大家|朋友们|别人|朋友|人们|同事|家里人|他们)(都|)(叫我|喊我|管我叫|称我为){n}",
        "(我叫|我是|我的名字是){n}(，|。|！)(很高兴认识你|你呢|你叫什么|请多关照|你好|多多指教|初次见面|幸会|是个学生|住在北京|今天第一次来|需要帮助)(？|。|)",
        "{n}(是我的名字|就是我|是我|，这是我的名字|就是我的名字)",
        "(自我介绍一下|介绍一下自己|让我自我介绍|先介绍一下)(，|：)(我叫|我是|我的名字是|本人){n}",
        "(记住|请记住|记一下|别忘了|记得|顺便说|顺便告诉你|告诉你|跟你说|对了|其实)(，|：|)(我叫|我的名字是|我是|我名叫|我的名字叫){n}",
        "(我的|)(名字|姓名|大名|昵称|网名|小名|外号)(是|叫|：|为){n}",
        "(父母|爸妈|妈妈)(给我取名|给我起名|叫我|给我起名叫){n}",
        "(我姓名|敝姓名|鄙人)(叫|是|){n}",
        "(你|您)(现在|正)(在|)(和|跟){n}(说话|聊天)",
        "(大伙|大伙儿|周围的人|同学们|家人|亲戚|老师|同事们|身边的人|全班|我家人|我朋友)(都|全都|平时|一般|总|)(叫|喊|唤|称|称呼|管)我(叫|作|做|为|){n}",
        "(我|俺|本人|咱|鄙人|小弟|小女子)(的|)(名|名字|全名|姓名|大号|本名|真名|中文名|英文名|用户名)(就|)(叫|是|叫作|叫做|乃|为|写作|){n}(哦|呀|啦|哈|)",
        "(现在|正在|今天|此刻|)(跟|和|同|与)你(说话|聊天|对话|交谈|打字|聊)的(人|用户|那位|)(是|就是|叫|名叫){n}",
        "(在下|小的|我这个人|咱|我呢|我嘛|我呀)(，|)(叫|是|名叫|就叫|姓名){n}(，|。)(请多多关照|请多指教|有礼了|幸会幸会|很高兴见到你|以后多联系|你好呀)",
        "{n}(，|。|！|：)(就是我|这是我|这就是我的名字|我的名字|我就叫这个|是我的大名|是我的全名|是本人)",
        "{n}(在此|在这里|报到|来了|来啦|来也|向你问好|跟你打招呼)",
        "(请|麻烦|就|随便|以后|你|您|直接|)(管我叫|叫我|喊我|称呼我|唤我|把我叫做|称我为|叫我一声){n}(就行了|就可以|即可|吧|好啦|得啦|就成|呗|谢谢|哦|可以吗|好吗|)",
        "(我叫|我是|我的名字是|本人){n}(，|。)(是个|是一名|是一位|一个|是)(医生|学生|老师|护士|工程师|厨师|新手|司机|程序员|农民|新用户|作家)(。|，|)",
        "(我叫|我是|我的名字叫){n}(，|。)(最近怎么样|你过得好吗|你那边怎么样|今天过得如何|你最近好吗|吃了吗|很高兴来这里|初来乍到|刚来|第一次用)(？|。|！|)",
        "(先|首先|开始前|正式|简单|)(说一下|自报家门|介绍一下|声明一下|认识一下|报个名字|打个招呼|交代一下)(，|：|)(我叫|我是|我的名字是|本人|叫我){n}",
        "(我|)(姓什么叫什么|名字嘛|姓名嘛|要说名字|说到名字|至于名字|问我是谁)(？|，|：)(我叫|就叫|是|我是){n}",
        "(爷爷|奶奶|爸爸|妈妈|家里|父母|爸妈|外婆)(给我|为我|替我|帮我)(取|起|定|选)(的|了|)(名字|名|大名)(是|叫|叫做|就叫){n}",
        "(你|您|)(好|好呀|好啊)(，|！|。)(我|)(叫|是|名叫|的名字是){n}(，|。)(新来的|刚注册|头一次来|来试试|来看看|想跟你聊聊)",
        "(写下来|记下来|请记下|记好了|存一下|请你记着|帮我记|你记着)(，|：|)(我叫|我是|我的名字是|我的名字叫|名字){n}",
    ),
}
_CORRECT_NAME: dict[Language, tuple[str, ...]] = {
    "en": (
        "(actually|sorry|no|wait|oh|well|correction|oops|hmm)(,|) (my name is|i am|i'm|call me|it's|i meant|i prefer|the name is|my real name is) {n}",
        "(please |)(call me|use) {n} (instead|from now on|now|rather|please)",
        "(i changed my name to|i have changed my name to|my name is now|my new name is|now my name is|my name changed to|i renamed myself|now i am called|from now on i am|from today on my name is|today i am) {n}",
        "(i lied|that was wrong|i made a mistake|not true|that was a joke|i was joking)(,|.|:) (my name is|i am|i'm|my real name is) {n}",
        "(hang on|hold on|one moment|stop|my bad|pardon|excuse me|scratch that|on second thought|let me correct that|i misspoke|typo)(,|:|.|!|) (my name is|i am|i'm|it's|it is|make it|i go by|the name is|call me|it should be) {n}(, (not that one|not the other|sorry|actually|really)|)",
        "(from today|from here on|from now|starting now|henceforth|later on|these days|nowadays|by now)(,|) (i'm|i am|i go by|call me|you call me|use the name|my name is|i want to be|everyone calls me) {n}",
        "(forget|ignore|drop|delete|scrap) (that|the old|my old|the previous|the first) (name|one)(,|:|;|.) (i'm|i am|my name is|it is|use|call me) {n}",
        "(please |kindly |)(say|use|take|call me|switch to|change my name to|change it to|write) {n}(,| -|) (instead of the old name|instead|rather|not the name before|as my name|for me)",
        "(i have|i've got|i took|i got|i chose|i picked) (a new|another|a different) name(:|,| -) (it is |it's |now |i'm |){n}",
        "(not|it's not|i am not|i'm not) (that|the other one|what i said|called that)(,|.|;|:) (i'm|i am|it's|my name is|but) {n}",
    ),
    "zh": (
        "(其实|不对|不|等等|哦|更正|说错了|抱歉|对不起|刚才说错了)(，|)(我叫|我是|我的名字是|我的真名是|叫我|我的真名叫){n}",
        "(以后|今后|从现在起|现在|还是|以后请)(，|)(叫我|请叫我|就叫我|我叫|改叫我|称呼我){n}(吧|)",
        "(我改名了|我改名字了|我换名字了|我有新名字了|我换了个名字)(，|：)(现在叫|我叫|叫|新名字是|改成了|现在是){n}",
        "(我的新名字|我现在的名字)(是|叫){n}",
        "(等一下|等等|慢着|且慢|打错了|口误|错了|弄错了|写错了|搞错了|我说错了|纠正一下|更正一下)(，|：|。|！|)(我|)(应该|其实|实际上|正确的|真正|)(叫|是|的名字是|名字是){n}(才对|)",
        "(往后|从今以后|从今天起|接下来|此后|打今儿起|以后|今后)(，|)(请|就|都|你就|麻烦|)(用|叫我|喊我|管我叫|称我|改用|改叫我){n}(吧|来叫我|来喊我|了|好了|)",
        "(忘掉|别用|不要用|扔掉|别管)(刚才的|之前的|那个|以前的|旧的)(名字|叫法)(，|。|)(我叫|叫我|用|我是|现在叫|改叫){n}",
        "(我|)(不叫|不是)(那个|刚才说的|之前那个|刚才那个)(名字|)(，|。|)(我叫|我是|而是|叫){n}",
        "(我的|)(名字|称呼)(换成|改成|变成|更新为|改为)(了|){n}(了|啦|)",
        "(我|)(换了|有了|取了|改了|起了)(个|一个|)(新的|别的|新)(名字|称呼|昵称)(，|：|)(叫|是|现在叫|就叫){n}",
    ),
}
_TELL_COLOUR: dict[Language, tuple[str, ...]] = {
    "en": (
        "(my favourite colour is|my favorite color is|my favourite color is|my favorite colour is|my fav color is|my fave colour is|my best-loved colour is|the colour i like most is|the color i love is|my colour is|my preferred colour is|my number one colour is|favourite colour:|favorite color:|the colour i like best is) {c}",
        "{c} is my (favourite|favorite|best|preferred|fav|beloved|number one) (colour|color)",
        "i (like|love|adore|prefer) (the (colour|color) |){c} (best|most|the most|more than any other colour|above all colours|above all other colors)",
        "i (like|love|prefer|adore|am fond of|really like) the (colour|color) {c}",
        "(of all colours|of all colors|among colours|when it comes to colours|as for colours)(,|) (i like|i love|i prefer|my favourite is) {c}( best| most|)",
        "(remember|note|keep in mind|please remember|by the way|btw|fyi|for the record|also|and)(:|,| that|) (my favourite colour is|my favorite color is|i like {c} best, so my favourite colour is|the colour i like most is) {c}",
        "(no colour|no color|nothing) (beats|is better than|is as nice as) {c}( for me| in my eyes|)",
        "(if i had to choose|if i must choose|given the choice) (a colour|a color)(,|) (it would be|i'd take|i would choose|i'd pick) {c}",
        "{c}(,| -) (that's|that is|this is) my (favourite colour|favorite color|colour)",
        "(as far as|when it comes to|talking about|speaking of|regarding|as for) (colours|colors|colour|color)(,|:| go,| -|) (i (go for|choose|pick|like|love|take|prefer|am all for)|my (favourite|favorite|choice|pick|heart) (is|is with|belongs to|goes to)|nothing beats|give me) {c}",
        "{c} (is|has always been|was always|will always be|must be|would be) (the colour|the color|the one colour|the colour that) (i like|i love|i like most|i prefer|i adore|i like best|closest to my heart|for me|of my heart|i would choose|that makes me happy)",
        "(my|the) (absolute|all-time|personal|one and only|true|very|big|) (favourite|favorite|fave|fav|preferred|most beloved) (colour|color|shade|hue|tone)( of all| ever| by far|,) (is|would be|has to be|must be|was always|remains) {c}",
        "(i'm|i am) (a|really a|totally a) {c} (fan|person|lover|guy|girl|type)(, that is my favourite colour|, colour-wise|, my favourite color|)",
        "(i'm|i am) (into|crazy about|mad about|in love with|keen on|fond of|all about) (the colour |the color ){c}( most| above all| the most|)",
        "{c}(!|:|,| -) (no other colour comes close|best colour ever|what a colour, my favourite|that colour is my favourite|i love that colour|my colour|my favourite among colours)",
        "(ask|if you ask|if someone asks|if anyone asks) me(,|) (the best|the nicest|the prettiest|the most beautiful) (colour|color) is {c}",
        "(in the rainbow|out of all colours|from all the colours|among all colours|of every colour|between all the colors)(,|) (i (like|love|prefer|choose|pick|favour)|my favourite is) {c}( best| most| above the rest|)",
        "my (favourite|favorite|fave|fav|best) (colour|color)('s|s|:|=| -| equals) {c}",
        "(write down|save|store|jot down|memorise|you should know|let me tell you)(:| that|,|) (my (favourite|favorite) (colour|color) is|i like the colour|i love the colour) {c}",
        "(for me|to me|to my eyes|in my opinion|personally)(,|) (it's|it is|the best colour is|the finest colour is|my favourite colour is|no colour beats|the top colour is) {c}",
    ),
    "zh": (
        "(我|)(最喜欢|最爱|最中意|最偏爱|最钟爱|特别喜欢|最喜爱)的(颜色|色彩)(是|就是|为|：){c}",
        "我(最|最最|特别|)(喜欢|爱|偏爱|钟爱|喜爱)(的是|){c}(这个颜色|这种颜色|)",
        "{c}(是|就是)我(最喜欢|最爱|最中意|最喜爱|最偏爱|喜欢)的(颜色|色彩)",
        "(所有颜色|颜色|所有的颜色|各种颜色)(里|中|当中|之中|方面)(，|)(我|)(最喜欢|最爱|最中意|喜欢){c}",
        "(记住|请记住|记一下|顺便说|别忘了|告诉你|对了|还有|另外|跟你说)(，|：|)(我最喜欢的颜色是|我最爱的颜色是|我最喜欢|我喜欢的颜色是|我喜爱的颜色是){c}",
        "(如果|要是)(要|让我|)(选|挑)(一个|一种)颜色(，|)(我选|我会选|我要|那就是|就是){c}",
        "(我的|)(最爱颜色|喜爱的颜色|幸运色|心爱的颜色|喜欢的颜色)(是|：|就是){c}",
        "没有(什么颜色|哪种颜色)比{c}更(好看|漂亮|让我喜欢)",
        "(说到|提到|讲到|论|要说|谈起|至于)(颜色|色彩)(，|的话，|嘛，|)(我|)(最喜欢|最爱|还是喜欢|就喜欢|偏爱|首选|最中意|选)(的是|的还是|){c}",
        "{c}(，|。|！|：)(这是|就是|这就是|它是|那是)(我|)(最喜欢|最爱|最中意|最钟爱|最喜爱|心爱)的(颜色|色彩)",
        "(我|俺|本人)(最|特别|超级|非常|一直|从小|真的|就)(喜欢|爱|偏爱|钟情|钟爱|迷恋)(的|)(就是|)(颜色|色彩)(就是|是|非){c}(莫属|了|)",
        "{c}(一直|永远|向来|始终|从来|)(是|就是|才是)我(心中|心里|眼里|)(的|)(最爱|首选|最好看的颜色|最美的颜色|最喜欢的颜色|最爱的色彩)",
        "(对我来说|在我看来|我觉得|我认为|我个人)(，|)(最好看|最美|最漂亮|最棒|最舒服|最可爱)的(颜色|色彩)(是|就是|还是|莫过于){c}",
        "(我|)(就|最|特别|)(爱|喜欢)(穿|看|用|选){c}(的衣服|)(，|。)(那是|它是|这是|因为是)我最(喜欢|爱)的颜色",
        "(颜色|色彩)(我|)(最|只|就|还是|)(喜欢|爱|认|选|要|钟意){c}(啦|了|哦|呀|)",
        "(我|)(心目中|心里|眼中)(的|)(第一|最佳|最好|最喜欢)(的|)(颜色|色彩)(是|就是|：){c}",
        "(在|)(这么多|所有|各种|全部|彩虹的)颜色(里|当中|之中|里面)(，|)(我|)(还是|就|最|)(喜欢|爱|偏爱|挑|选){c}",
        "(请|)(记住|记下|记着|存好|写下)(：|，|)(我|)(最喜欢|最爱|最中意)的(颜色|色)(是|：){c}",
        "(最喜欢|最爱|特喜欢|最中意){c}(了|啦|这颜色|这个色)(我|)",
    ),
}
_CORRECT_COLOUR: dict[Language, tuple[str, ...]] = {
    "en": (
        "(actually|sorry|no|wait|well|correction|oops|hmm)(,|) (my favourite colour is|my favorite color is|i like {c} more, my favourite colour is|it's|i prefer|the colour i like most is) {c}",
        "(now |today |these days |)(my favourite colour|my favorite color) (is now|is|changed to|has changed to|has become|became|turned to) {c}( now| instead|)",
        "i (changed my mind|have changed my mind|thought again|was wrong)(,|:|.) (my favourite colour is|my favorite color is|i like {c} best, so it is|it is now) {c}",
        "(hang on|hold on|scratch that|my bad|on second thought|pardon|let me correct that|i misspoke|forget that|oh)(,|:|.|!|) (my (favourite|favorite) (colour|color) is|it is|i like the colour|it's|make it|i'd rather say|i love) {c}( more| better| now| instead|)",
        "(from now on|nowadays|lately|since today|these days|at the moment|by now)(,|) (i like|i love|i prefer|my favourite colour is|my favorite color is|it is) {c}( best| most| more|)",
        "(my taste has changed|i have a new favourite|new favourite colour|i have another favourite now|i switched)(:|,| -|.) (it's|it is|now it's|my favourite colour is|) {c}( now|)",
        "(not|it's not) (that|the old one|that one)(,|.|;) (my favourite colour is|my favorite color is|i like|it's) {c}( best| now|)",
    ),
    "zh": (
        "(其实|不对|不|等等|更正|说错了|抱歉|刚才说错了)(，|)(我最喜欢的颜色是|我最喜欢|我最爱的颜色是|是){c}",
        "(现在|如今|我改主意了|我变了|今天|我改变主意了)(，|)(我|)(最喜欢|最爱)(的颜色是|的颜色变成了|的颜色改成|){c}(了|)",
        "我(现在|)(更|)喜欢{c}(这个颜色|)了",
        "(等一下|等等|口误|打错了|错了|我改主意|我变心了|我想了想|纠正一下|更正一下)(，|：|。|！|)(我|)(现在|其实|应该|)(最喜欢|最爱|更喜欢|最中意)(的颜色是|的是|的颜色应该是|){c}",
        "(如今|最近|从今天起|眼下|现在|以后)(，|)(我|)(更|最|改|)(喜欢|爱|偏爱|中意)(的颜色是|的是|){c}(了|啦|)",
        "(不是|不是那个|不对)(，|。)(我|)(最喜欢|最爱)的(颜色|)(是|应该是|换成了|变成了){c}(了|)",
        "(我的|)(最爱|喜好|口味|最喜欢的颜色)(换成|改成|变成|变为)(了|){c}(了|啦|)",
    ),
}
_TELL_BOTH: dict[Language, tuple[str, ...]] = {
    "en": (
        "(hi, |hello, |hey, |)(my name is|i am|i'm|call me|this is) {n}(,| and|, and|.|;) (my favourite colour is|my favorite color is|i like the colour|i love the color|the colour i like most is) {c}",
        "(my favourite colour is|my favorite color is|i love the colour) {c}(,| and|, and|.) (my name is|i am called|i'm|i am) {n}",
        "(i'm|i am) {n}(,|.) {c} is my favourite colour",
        "name: {n}, (favourite |favorite |)(colour|color): {c}",
        "(i'm|i am|my name is|call me|it's) {n}(, | and | - |. )(i (like|love|prefer|adore) (the colour |the color |){c}( best| most| above all| more than any colour)|{c} is the colour i (like|love|prefer)( best| most|)|the best colour is {c}|my colour is {c})",
        "(guess what|by the way|fyi|for your notes|note)(:|,) (my name is|i'm|i am) {n}(,| and) (my (favourite|favorite) (colour|color) is|i love the colour) {c}",
        "{n} (here|is my name|speaking)(,|.| and) (my (favourite|favorite) (colour|color) is|i like the colour|the colour i love is) {c}",
    ),
    "zh": (
        "(你好，|嗨，|)(我叫|我是|我的名字是){n}(，|。|，而且|，还有)(我|)(最喜欢的颜色是|最喜欢|最爱的颜色是|最爱){c}",
        "我最(喜欢|爱)的颜色是{c}(，|。)(我叫|我的名字是|我是){n}",
        "(我叫|我是){n}(，|。){c}是我最喜欢的颜色",
        "(姓名|名字)(：|是){n}(，)(最喜欢的颜色|颜色|喜欢的颜色)(：|是){c}",
        "(我叫|我是|本人|大家叫我|叫我){n}(，|。|；)(喜欢|最爱|最中意|偏爱|最喜爱|特别喜欢)(的颜色是|的是|){c}",
        "(我|)(名字|姓名)(叫|是){n}(，|。|；)(颜色|色彩)(我|)(最喜欢|最爱|选|偏爱){c}",
        "(我叫|我是|我的名字是){n}(，|。|，还有|，并且){c}(是|就是|才是)我(最爱|最喜欢|偏爱|最中意|喜爱)的(颜色|色彩)",
    ),
}
_ASK_NAME: dict[Language, tuple[str, ...]] = {
    "en": (
        "(what is|what's|whats|what was|wat is|say|tell me|repeat|spell) my (name|own name|first name|name again|name now|real name)( again| please| then| once more|)(?|)",
        "(do|can|could|would) you (know|remember|recall|tell me|still know|still remember|say|repeat|remind me of|guess) (my name|what my name is|what my name was|who i am|what i am called|what i'm called|how i am called|what to call me|what i said my name was|the name i told you|the name i gave you|my name from before|how i introduced myself|who you are talking to)( again| please|)(?|)",
        "(who am i|who am i again|and who am i|so who am i|who is talking to you|who are you talking to|who is writing to you|who do you think i am|who is this|with whom are you talking)(?|)",
        "(what|how) (am i called|do you call me|should you call me|will you call me|do people call me|did i say i am called|do they call me|was i called|do my friends call me)( again|)(?|)",
        "(what|which) name (did i|have i) (give|given|tell|told|mention|mentioned|say|said|use|used)( to you| you| before| earlier|)(?|)",
        "(what did i|how did i) (say my name was|tell you my name was|call myself|introduce myself|say i was called|name myself)(?|)",
        "(my name|my name is|and my name|remember me|i am called|remember who i am|you know who i am|my name was|have you forgotten my name|did you forget my name|did you forget me|have you forgotten who i am)(?|??|...?)",
        "(i forgot|i have forgotten|i can't remember|i don't remember|remind me of|please say|test:|quiz:|can you still say) (my name|my own name|who i am|what i am called)(.|, what is it?|, can you tell me?|, do you know it?|?|)",
        "(address|greet|call) me by (my |)name(.| please|)",
        "(have i|did i) (told|tell|mention|mentioned|give|given) (you |)my name(?| already?| yet?|)",
        "(let's see if|i wonder if|i wonder whether|show me that|prove that) you (know|remember|recall|remembered) my name(.|)",
        "(do you know|any idea|tell me|can you tell me|could you tell me) who i am(?|)",
        "(by what|under what|under which|by which) name (do you know me|am i known|should you address me)(?|)",
        "(do|did) you (still |)(have|keep|hold|store|save|note|write down|catch|get|retain) my name( (in your memory|somewhere|in mind|stored|written down|on file|in your notes|in your head|right))(?|)",
        "(how|by what name|with which name) (should|do|will|would|can|did) (you|i) (address|call|greet|name|introduce|refer to) (me|myself)( now| again| earlier| then| today|)(?|)",
        "(what|which) (name|first name) (do|did|should|would|will) (i|you) (have|use|go by|bear|use for me|give|call me|call me by|want to be called|go under|tell you|mention)( now| again| earlier| before|)(?|)",
        "(and|so|now|ok|okay|cool|great|right|well)(,|) (what|who|which name|how) (was|is|were|am) (my name|i|i called|my name again|that name of mine|the name of me)( again| now| then|)(?|)",
        "(what|how) (did|do) i (want|ask|wish|like) (to be called|you to call me|to be addressed|to be named)( again|)(?|)",
        "(could|can|would|will|might|mind if) (you|i ask you to) (please |kindly |)(give me back|recite|bring up|look up|state|name|read back|repeat|produce|come up with) (my name|the name i told you|the name i gave|the name of mine)(?|)",
        "(surely|i bet|i hope|i guess|i suppose|hopefully|of course) you (still |)(know|remember|recall|have|kept) (my name|who i am|what i'm called|how i am called|the name i gave)(,| -|) (right|don't you|no|or not|yes|)(?|.|)",
        "(my|the) (name|name of mine|user's name|name of your user|name i gave you|name i use)(,| -|:| is| was)( please|...| again| what was it| do you know it| which one was it|)(?|)",
        "(mind|would you mind) (telling|reminding|saying|repeating) (me |)(of |)(my name|what i'm called|who i am|what my name was)(?|)",
        "(do you|any chance you|is it possible you|you don't happen to|do you happen to|did you) (know|remember|recall|have|note|notice) (how i'm called|what i'm called|my name|what people call me|how people call me|who is writing|who i am|what they call me)( by chance| by any chance| at all|)(?|)",
        "(what was|what is|whats|what's) (that name of mine|the name of mine|the name i told you|the name i gave you|my name by any chance|my name if you know|the user's name|the name you have for me)(?|)",
        "(who|whom) (is|was|are) (it|that|you|the person) (that |)(you are talking to|you're chatting with|talking to you|asking you this|writing these lines|sitting here)(?|)",
        "(say|tell me|let me hear|give me|show me|write|print) (the name|my name|who i am|what i am called)(,| -|) (will you|can you|if you can|if you remember it|once more|just once|)(?|.|)",
    ),
    "zh": (
        "我(叫|的名字是|的名字叫|名字叫|名叫|是叫|叫做)(什么|啥|什么名字|啥名字|什么来着|啥来着)(？|来着？|呢？|呀|)",
        "(你|您|)(还|)(知道|记得|记不记得|知不知道|能说出|能告诉我|告诉我|说说|说一下|记住了|记得住|能记起|想得起|说得出)(我|)(叫什么|的名字|叫什么名字|是谁|叫啥|名字|的名字是什么|该怎么称呼)(吗|么|？|了吗|)",
        "我(是|到底是|究竟是)(谁|哪位|何人|什么人)(？|呢|呀|来着|)",
        "(你|您)(应该|该|会|可以|要|)(怎么|如何)(称呼|叫)我(？|呢|)",
        "(我|)(刚才|之前|前面|刚刚|一开始|先前)(说|告诉你|说过|提到|介绍)(我|自己|的|)(叫什么|的名字是什么|名字是什么|是谁|叫啥|名字叫什么)(？|了|来着|)",
        "(我的|)(名字|姓名|大名)(呢|是什么|是啥|叫什么|是|你还记得吗|你记得吗|你知道吗|叫啥来着)(？|)",
        "(说出|告诉我|重复|复述|念出|叫出|写出|报出)(一下|)我的(名字|姓名|大名)(。|吧|)",
        "(我忘了|我不记得|想不起来|我忘记了)(我|自己)(叫什么|的名字|是谁|的名字了)(，你知道吗|，告诉我|了|。|，提醒我一下|)",
        "(你|)(忘了|忘记|忘没忘|有没有忘记)我(的名字|是谁|叫什么)(了吗|吗|了|？|)",
        "(你|)(在|正在|)(和|跟)(谁|哪位)(说话|聊天|对话)(？|呢|)",
        "(你|您)(叫|喊)(一下|一声|)我的名字(吧|。|听听|)",
        "(我有没有|我有|我)(告诉过你|说过|告诉你|提过)(我的名字|我叫什么|我是谁)(吗|？|)",
        "(考考你|测试一下|看看你记不记得|猜猜)(，|：|)(我叫什么|我是谁|我的名字是什么|我的名字)(？|)",
        "(你|您)(可|还|可还|是否|是否还|有没有|到底|)(记得|记住|记下|记着|晓得|知晓|知道|想得起|想起|说得出|叫得出|保存|存着)(了|)我(的|)(名字|叫什么|姓甚名谁|是谁|叫啥|姓名)(没有|没|不|了没有|了没|了吗|么|吗|来着|)(？|)",
        "(我|俺|咱|本人|鄙人)(的|)(名字|姓名|大名|全名|名儿)(你|您|)(还|可还|)(记不记得|记得吗|知道吗|记着没|记得不|想得起来吗|说得上来吗|没忘吧|在你那儿吗|记住没有)(？|)",
        "(我|俺|咱|本人)(到底|究竟|刚才说|之前说|一开始说|)(叫|名叫|姓名是|名字是)(什么|啥|哪个名字|什么名字)(来着|呢|呀|啊|来着呢)(？|)",
        "(你|您|)(现在|该|应当|会|打算|要|目前|)(用|拿|以)(什么|哪个|啥)(名字|称呼)(叫|喊|称呼|来叫|来称呼)我(呢|呀|)(？|)",
        "(我|)(让|叫|请|要)你(怎么|如何|咋)(称呼|叫|喊)我(的|来着|呢|)(？|)",
        "(大家|别人|朋友们|人们|旁人|家人)(都|平时|一般|是|)(怎么|如何|咋)(叫|称呼|喊)我(的|来着|呢|)(？|)",
        "(能|能否|可否|能不能|可不可以|请|麻烦|劳驾)(你|您|)(说出|讲出|报出|讲一下|重复一遍|念一下|叫出|给出|告诉我|还给我|复述)(一下|)我的(名字|姓名|大名|名儿)(吗|？|)",
        "(那么|所以|好|那|然后|现在|对了|最后|这么说)(，|)(我|俺|我这个人|这位用户|你的用户)(叫|是|名叫)(什么|谁|啥|什么名字)(来着|呢|)(？|)",
        "(你|您)(肯定|一定|应该|想必|总该)(还|)(记得|知道|没忘)(我|)(的名字|叫什么|是谁|叫啥)(吧|的吧|对吧)(？|)",
        "(我|)(自我介绍|开头|刚开始|打招呼|前面)(时|的时候|那会儿|)(说|讲|用|报|提)的(名字|姓名|是什么名字|是哪个名字)(是什么|是啥|是哪个|呢|)(？|)",
        "(跟|和|同|与)你(说话|聊天|对话|交谈)的(人|这位|用户|是)(叫什么|是谁|谁|叫啥|名字是什么)(？|)",
        "(说说|讲讲|猜猜|报一下|念念|回想一下)(看|)(我|俺)(叫什么|是谁|叫啥|的名字|姓甚名谁)(？|。|)",
    ),
}
_ASK_COLOUR: dict[Language, tuple[str, ...]] = {
    "en": (
        "(what is|what's|whats|what was|tell me|say|repeat|name) my (favourite|favorite|fav|best|preferred|most loved|beloved) (colour|color)( again| please| now| then|)(?|)",
        "(do|can|could|would) you (know|remember|recall|tell me|still know|still remember|say|repeat|remind me of) (my favourite colour|my favorite color|what my favourite colour is|what my favorite color is|which colour i like|what colour i like best|the colour i like|what color i love|which color i prefer|the colour i told you)(?|)",
        "(what|which) (colour|color) (do i|did i say i|did i tell you i) (like|love|prefer|like most|like best|love most|like the most|favour)( best| again| most|)(?|)",
        "(what|which) (colour|color) (is|was|did i say was|did i say is) (my favourite|my favorite|my best|the one i like|my preferred one|the one i love)(?|)",
        "(my favourite colour|my favorite color|my favourite color|my colour|favourite colour|favorite color)( is|)(?|??|...?)",
        "(i forgot|i have forgotten|i can't remember|i don't remember|remind me of|have you forgotten|did you forget|test:|quiz:) (my favourite colour|my favorite color|which colour i like best|what colour i like)(.|, what is it?|?|)",
        "(what|which) (colour|color) (did i|have i) (mention|mentioned|name|named|tell you|told you|say|give)(?| before?| earlier?|)",
        "(have i|did i) (told|tell|mention|mentioned) (you |)my (favourite colour|favorite color)(?| already?| yet?|)",
        "(the|which|what is the|tell me the) (colour|color) i (like|love|prefer)( most| best| the most|)(?|.|)",
        "(do|did) you (still |)(have|keep|hold|store|save|note|write down|catch|retain) my (favourite|favorite|preferred|fave) (colour|color)( (in your memory|somewhere|in mind|stored|on file|in your notes|in your head))(?|)",
        "(so|and|now|ok|okay|well|right)(,|) (what|which) (is|was|would be) (my (favourite|favorite|fave|fav|preferred|most beloved|number one) (colour|color|shade|tone)|the colour i (like|love|prefer|like best)|the color of my heart)( again| then| of all| now| of them all|)(?|)",
        "(which|what) (colour|color|shade|tone) (is it that |was it that |)(i|i said i|do i|did i|would i|i told you i) (like|love|prefer|like best|like most|call my favourite|called my favourite|adore|choose|pick|favour|name as my favourite)( again| best| above all|)(?|)",
        "(do you|you don't|any chance you|do you happen to|would you) (happen to |)(know|remember|recall|have) (the colour|the color|which colour|what color|the shade) (i like|i love|i prefer|i like best|i adore|that is my favourite|that i called my favourite)( the most| most| best| above all| by chance|)(?|)",
        "(say|tell me|name|give me|let me hear|repeat|show me|recall) (the colour|the color|which colour|what colour) (i (like|love|prefer|adore)|is my favourite|i told you about|dear to me)( best| most| the most|)(?|.|)",
        "(my (favourite|favorite|fave) (colour|color|shade)|the colour i like|the colour of my choice)(,| -|:| is| was| would be)( please|...| again| what was it| which one was it| do you know it|)(?|)",
        "(surely|i bet|i hope|hopefully|of course) you (still |)(know|remember|recall) (my favourite colour|which colour i like|the color i love)(,| -|) (right|don't you|or not|)(?|.|)",
    ),
    "zh": (
        "我(最|)(喜欢|爱|中意|偏爱|喜爱)的(颜色|色彩)(是|叫)(什么|啥|哪个|哪种|什么来着|什么颜色)(？|呢|)",
        "我(最|)(喜欢|爱|中意|偏爱|喜爱)(什么|哪种|哪个|啥|哪一种)(颜色|色彩|色)(？|来着|呢|)",
        "(你|您|)(还|)(知道|记得|记不记得|知不知道|能说出|能告诉我|告诉我|说说|记住了|想得起)我(最|)(喜欢|爱|中意)(的颜色|什么颜色|哪种颜色|的颜色是什么|啥颜色|的色彩)(吗|么|？|)",
        "(我|)(刚才|之前|前面|刚刚|一开始)(说|告诉你|说过|提到)(我|的|)(最|)(喜欢的颜色|喜欢什么颜色|爱的颜色|喜欢的颜色是什么|喜欢哪种颜色|爱什么颜色)(？|是什么？|来着|是哪个)",
        "(什么|哪种|哪个)(颜色|色彩)是我(最|)(喜欢|爱|中意|喜爱)的(？|)",
        "(我|)(最|)(喜欢|爱|喜爱)的颜色(呢|是|？|你还记得吗|你知道吗|是哪个来着)",
        "(说出|告诉我|重复|复述)(一下|)我(最|)(喜欢|爱)的颜色(。|吧|)",
        "(我忘了|想不起来|我不记得|你忘了|你忘记)(我|自己)(最|)(喜欢什么颜色|喜欢的颜色|爱的颜色|喜欢哪个颜色)(了|了吗|，你知道吗|。|)",
        "(考考你|测试一下|看看你记不记得)(，|：|)(我最喜欢的颜色|我最喜欢什么颜色|我最爱的颜色是什么)(？|)",
        "(你|您)(可|还|可还|是否|有没有|)(记得|记住|记下|记着|晓得|知晓|知道|想得起|存着)(了|)我(最|)(喜欢|爱|中意|偏爱|钟爱)(的颜色|什么颜色|哪种颜色|哪个颜色|的色彩|啥颜色)(没有|没|不|了没有|了吗|么|吗|来着|)(？|)",
        "(所以|那么|那|好|现在|对了|最后|这么说)(，|)我(最|)(喜欢|爱|中意|偏爱|钟爱|喜爱)的(颜色|色彩|色)(到底|究竟|)(是|叫)(什么|哪个|哪种|啥|哪一个)(来着|呢|)(？|)",
        "(我|)(觉得|认为|心里|心中|眼中)(最|)(好看|喜欢|爱|美|亲切|中意)的(颜色|色彩)(是|)(什么|哪个|哪种|啥)(来着|呢|)(？|)",
        "(被我|让我|我)(称为|叫作|当作|说成|说是|)(最|)(喜欢|爱|中意)的(是|)(什么|哪种|哪个|啥)(颜色|色彩|色)(来着|呢|)(？|)",
        "(能|能否|可否|能不能|请|麻烦)(你|您|)(说出|讲出|报出|说一下|重复一遍|讲讲|告诉我)(一下|)我(最|)(喜欢|爱|中意|偏爱)的(颜色|色彩)(吗|？|)",
        "(我|)(最|)(喜欢|爱|中意)的(颜色|色彩)(你|您|)(还|可还|)(记不记得|记得吗|知道吗|记着没|想得起来吗|没忘吧|记住没有)(？|)",
        "(说说|讲讲|猜猜|报一下)(看|)(我|)(最|)(喜欢|爱|中意)(的颜色|什么颜色|哪种颜色|哪个色)(？|。|)",
        "(我最|最)(喜欢|爱|中意)的(是|)(啥|什么|哪个)(色|颜色)(来着|呢|呀|)",
    ),
}
_ASK_BOTH: dict[Language, tuple[str, ...]] = {
    "en": (
        "(what is|what's|tell me|do you know|do you remember|say|repeat|can you recall) my name and (my |)(favourite colour|favorite color)(?|)",
        "(what do you know|what do you remember|what have i told you|what did i tell you|tell me what you know|tell me what you remember|what have you learned|what can you tell me) about me( so far|)(?|)",
        "(who am i|what is my name|what am i called) and (which|what) (colour|color) do i (like|love|prefer)( best| most|)(?|)",
        "(summarise|summarize|list|repeat) what (i told you|you know) about me(.|)",
        "(what do you have|what have you got|what's stored|what did you note|what is on file) (on|about) me(,| -|:) (name|my name) and (colour|color|favourite colour)(?|)",
        "(name|my name) and (favourite colour|favorite color|colour|my favourite colour)(,| of mine| please| -)( which are they| do you know them| say both| please|)(?|)",
    ),
    "zh": (
        "我(叫什么|叫什么名字|是谁)(，|和|，还有|，以及)(我|)(最|)(喜欢|爱)(什么颜色|的颜色是什么|哪种颜色)(？|)",
        "(你|)(还|)(知道|记得|告诉我|说说)我的名字和(最|)(喜欢|爱)的颜色(吗|？|)",
        "(你|)(知道|记得|了解)(关于|)我(的|)(什么|哪些事|些什么|哪些信息)(？|)",
        "(我|)(告诉过|跟)你(说过|)(哪些|什么)(关于我的事|我的事)(？|)",
        "我的名字和(最|)喜欢的颜色(是什么|分别是什么|呢|)(？|)",
        "(我的|)(名字|姓名)(和|跟|以及|还有)(最喜欢的|最爱的|喜欢的|)(颜色)(，|)(你|)(都|)(记得吗|记了什么|是什么|知道吗|记了些什么|说说看|各是什么)(？|)",
        "(我|)(叫什么|是谁)(，|、)(最|)(喜欢|爱)(的颜色|什么颜色)(又|)(是什么|呢|)(，你都记得吗|，都说说|)(？|)",
    ),
}
# Somebody else's name and colour: not the sender's.
_DISTRACTION: dict[Language, tuple[str, ...]] = {
    "en": (
        "my (brother|sister|dog|cat|friend|boss|mother|father|teacher|son|daughter|wife|husband|neighbour|horse|best friend)(('s name) is| is called| is named|, his name is|'s name is) {n}",
        "(i have|i know|i met|i saw) (a friend|someone|a dog|a cat|a teacher|a girl|a man) (called|named) {n}",
        "{n} is (my (brother|sister|friend|dog|cat|boss|neighbour|teacher)|a friend of mine|a nice person)",
        "my (brother|sister|dog|friend|mother|father|boss)'s favourite colour is {c}",
        "(my car|my house|my bike|the sky|my shirt|my dog|the door|my hair) is {c}",
        "(i don't like|i hate|i dislike|i can't stand) (the colour |){c}",
        "(i saw|i bought|i have|i sold) a {c} (car|shirt|house|cat|door|hat)",
        "my (cousin|uncle|aunt|nephew|niece|roommate|colleague|parrot|hamster|grandma|teammate|landlord|doctor) (goes by|answers to|is known as|has the name|is|'s name is|bears the name|was named|is called) {n}",
        "(yesterday|today|last week|once) (i (met|saw|called|visited|helped)|we talked to) {n}( at the market| in town|, a nice person|)",
        "(the name of|what they call) my (dog|cat|brother|sister|boss|baby|son|friend) is {n}",
        "(my (mum|dad|brother|neighbour|best friend|colleague)) (likes|loves|prefers|adores) (the colour |){c}( most| best|)",
    ),
    "zh": (
        "我(的|)(哥哥|姐姐|狗|猫|朋友|老板|妈妈|爸爸|老师|儿子|女儿|同学|邻居|同事|弟弟|妹妹)(叫|的名字是|名叫|的名字叫){n}",
        "(我有|我认识|我遇到|我看见)(一个|一位|一只)(朋友|人|狗|猫|老师|同学)(叫|名叫){n}",
        "{n}是我(的|)(哥哥|姐姐|朋友|狗|猫|老板|邻居|老师|同学)",
        "我(的|)(哥哥|姐姐|狗|朋友|妈妈|爸爸|老板)最喜欢的颜色是{c}",
        "(我的车|我的房子|天空|我的衬衫|我的狗|门|我的头发|杯子)是{c}的",
        "我(不喜欢|讨厌|不爱|受不了){c}",
        "我(看见|买了|有|卖了)(一辆|一件|一座|一只){c}的(车|衬衫|房子|猫|帽子)",
        "我(的|)(表哥|表姐|叔叔|阿姨|外甥|室友|同桌|鹦鹉|仓鼠|奶奶|爷爷|队友|房东|医生|侄子)(叫|名字叫|的名字叫作|名叫|叫做|的名字是|大名是){n}",
        "(昨天|今天|上周|刚才)(我|我们)(遇到|见到|看见|碰到|认识)(了|){n}",
        "我(妈|爸|哥|姐|邻居|朋友|同事)(最|)(喜欢|爱)(的颜色是|){c}",
    ),
}

_ACKNOWLEDGE: dict[str, dict[Language, str]] = {
    "name": {"en": "Nice to meet you, {n}.", "zh": "很高兴认识你，{n}。"},
    "colour": {"en": "Noted: your favourite colour is {c}.", "zh": "记住了，你最喜欢的颜色是{c}。"},
    "both": {
        "en": "Nice to meet you, {n}. Your favourite colour is {c}.",
        "zh": "很高兴认识你，{n}。你最喜欢的颜色是{c}。",
    },
}
_NAME_IS: dict[Language, str] = {"en": "Your name is {n}.", "zh": "你叫{n}。"}
_COLOUR_IS: dict[Language, str] = {"en": "Your favourite colour is {c}.", "zh": "你最喜欢的颜色是{c}。"}
_NO_NAME: dict[Language, str] = {"en": "You haven't told me your name yet.", "zh": "你还没有告诉我你的名字。"}
_NO_COLOUR: dict[Language, str] = {
    "en": "You haven't told me your favourite colour yet.",
    "zh": "你还没有告诉我你最喜欢的颜色。",
}
_THIRD_PARTY: dict[Language, str] = {"en": "I see. Ask me whenever you like.", "zh": "好的，有问题就问我。"}


def tell(rng: random.Random, language: Language, known: Known) -> tuple[Exchange, Known]:
    """Tell a name, a colour or both; return what is known afterwards."""
    chance = rng.random()
    if chance < 0.12:
        now = Known(invent_name(rng, language), invent_colour(rng, language))
        return _exchange("both", rng.choice(_TELL_BOTH[language]), now, language, rng), now
    if chance < 0.6:
        now = replace(known, name=invent_name(rng, language))
        corrects = known.name is not None and rng.random() < 0.6
        return _exchange(
            "name", rng.choice((_CORRECT_NAME if corrects else _TELL_NAME)[language]), now, language, rng
        ), now
    now = replace(known, colour=invent_colour(rng, language))
    corrects = known.colour is not None and rng.random() < 0.6
    template = rng.choice((_CORRECT_COLOUR if corrects else _TELL_COLOUR)[language])
    return _exchange("colour", template, now, language, rng), now


def distract(rng: random.Random, language: Language) -> Exchange:
    """Tell something about somebody else, which must not be taken for the sender's."""
    slots = {"n": invent_name(rng, language), "c": invent_colour(rng, language)}
    question = fill(
        add_noise(expand(rng.choice(_DISTRACTION[language]), rng) + _stop(language, rng), language, rng), slots
    )
    return Exchange("memory", language, question, _THIRD_PARTY[language])


def recall(rng: random.Random, language: Language, known: Known) -> Exchange:
    """Ask for what was told."""
    chance = rng.random()
    if chance < 0.12:
        template, answer = rng.choice(_ASK_BOTH[language]), _both(known, language)
    elif chance < (0.4 if known.name is None and known.colour is not None else 0.62):
        template, answer = rng.choice(_ASK_NAME[language]), (_NAME_IS if known.name else _NO_NAME)[language]
    else:
        template, answer = rng.choice(_ASK_COLOUR[language]), (_COLOUR_IS if known.colour else _NO_COLOUR)[language]
    question = add_noise(expand(template, rng), language, rng)
    return Exchange("memory", language, question, _fill_known(answer, known))


def _exchange(kind: str, template: str, known: Known, language: Language, rng: random.Random) -> Exchange:
    text = expand(template, rng)
    if text.endswith("}") and rng.random() < 0.6:
        text += _stop(language, rng)
    question = add_noise(text, language, rng)
    return Exchange("memory", language, _fill_known(question, known), _fill_known(_ACKNOWLEDGE[kind][language], known))


def _stop(language: Language, rng: random.Random) -> str:
    return rng.choice((".", "!", "", " :)") if language == "en" else ("。", "！", "", "～"))


def _both(known: Known, language: Language) -> str:
    joiner = " " if language == "en" else ""
    if known.name is None and known.colour is None:
        return _NO_NAME[language]
    name = (_NAME_IS if known.name else _NO_NAME)[language]
    colour = (_COLOUR_IS if known.colour else _NO_COLOUR)[language]
    return name + joiner + colour


def _fill_known(text: str, known: Known) -> str:
    return fill(text, {"n": known.name or "", "c": known.colour or ""})
