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
