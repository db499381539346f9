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
    ),
}
_CORRECT_NAME: dict[Language, tuple[str, ...]] = {
    "en": (
        "(actually|sorry|no|wait|oh|well|correction|oops|hmm)(,|) (my name is|i am|i'm|call me|it's|i meant|i prefer|the name is|my real name is) {n}",
        "(please |)(call me|use) {n} (instead|from now on|now|rather|please)",
        "(i changed my name to|i have changed my name to|my name is now|my new name is|now my name is|my name changed to|i renamed myself|now i am called|from now on i am|from today on my name is|today i am) {n}",
        "(i lied|that was wrong|i made a mistake|not true|that was a joke|i was joking)(,|.|:) (my name is|i am|i'm|my real name is) {n}",
    ),
    "zh": (
        "(其实|不对|不|等等|哦|更正|说错了|抱歉|对不起|刚才说错了)(，|)(我叫|我是|我的名字是|我的真名是|叫我|我的真名叫){n}",
        "(以后|今后|从现在起|现在|还是|以后请)(，|)(叫我|请叫我|就叫我|我叫|改叫我|称呼我){n}(吧|)",
        "(我改名了|我改名字了|我换名字了|我有新名字了|我换了个名字)(，|：)(现在叫|我叫|叫|新名字是|改成了|现在是){n}",
        "(我的新名字|我现在的名字)(是|叫){n}",
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
    ),
}
_CORRECT_COLOUR: dict[Language, tuple[str, ...]] = {
    "en": (
        "(actually|sorry|no|wait|well|correction|oops|hmm)(,|) (my favourite colour is|my favorite color is|i like {c} more, my favourite colour is|it's|i prefer|the colour i like most is) {c}",
        "(now |today |these days |)(my favourite colour|my favorite color) (is now|is|changed to|has changed to|has become|became|turned to) {c}( now| instead|)",
        "i (changed my mind|have changed my mind|thought again|was wrong)(,|:|.) (my favourite colour is|my favorite color is|i like {c} best, so it is|it is now) {c}",
    ),
    "zh": (
        "(其实|不对|不|等等|更正|说错了|抱歉|刚才说错了)(，|)(我最喜欢的颜色是|我最喜欢|我最爱的颜色是|是){c}",
        "(现在|如今|我改主意了|我变了|今天|我改变主意了)(，|)(我|)(最喜欢|最爱)(的颜色是|的颜色变成了|的颜色改成|){c}(了|)",
        "我(现在|)(更|)喜欢{c}(这个颜色|)了",
    ),
}
_TELL_BOTH: dict[Language, tuple[str, ...]] = {
    "en": (
        "(hi, |hello, |hey, |)(my name is|i am|i'm|call me|this is) {n}(,| and|, and|.|;) (my favourite colour is|my favorite color is|i like the colour|i love the color|the colour i like most is) {c}",
        "(my favourite colour is|my favorite color is|i love the colour) {c}(,| and|, and|.) (my name is|i am called|i'm|i am) {n}",
        "(i'm|i am) {n}(,|.) {c} is my favourite colour",
        "name: {n}, (favourite |favorite |)(colour|color): {c}",
    ),
    "zh": (
        "(你好，|嗨，|)(我叫|我是|我的名字是){n}(，|。|，而且|，还有)(我|)(最喜欢的颜色是|最喜欢|最爱的颜色是|最爱){c}",
        "我最(喜欢|爱)的颜色是{c}(，|。)(我叫|我的名字是|我是){n}",
        "(我叫|我是){n}(，|。){c}是我最喜欢的颜色",
        "(姓名|名字)(：|是){n}(，)(最喜欢的颜色|颜色|喜欢的颜色)(：|是){c}",
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
    ),
}
_ASK_BOTH: dict[Language, tuple[str, ...]] = {
    "en": (
        "(what is|what's|tell me|do you know|do you remember|say|repeat|can you recall) my name and (my |)(favourite colour|favorite color)(?|)",
        "(what do you know|what do you remember|what have i told you|what did i tell you|tell me what you know|tell me what you remember|what have you learned|what can you tell me) about me( so far|)(?|)",
        "(who am i|what is my name|what am i called) and (which|what) (colour|color) do i (like|love|prefer)( best| most|)(?|)",
        "(summarise|summarize|list|repeat) what (i told you|you know) about me(.|)",
    ),
    "zh": (
        "我(叫什么|叫什么名字|是谁)(，|和|，还有|，以及)(我|)(最|)(喜欢|爱)(什么颜色|的颜色是什么|哪种颜色)(？|)",
        "(你|)(还|)(知道|记得|告诉我|说说)我的名字和(最|)(喜欢|爱)的颜色(吗|？|)",
        "(你|)(知道|记得|了解)(关于|)我(的|)(什么|哪些事|些什么|哪些信息)(？|)",
        "(我|)(告诉过|跟)你(说过|)(哪些|什么)(关于我的事|我的事)(？|)",
        "我的名字和(最|)喜欢的颜色(是什么|分别是什么|呢|)(？|)",
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
    ),
    "zh": (
        "我(的|)(哥哥|姐姐|狗|猫|朋友|老板|妈妈|爸爸|老师|儿子|女儿|同学|邻居|同事|弟弟|妹妹)(叫|的名字是|名叫|的名字叫){n}",
        "(我有|我认识|我遇到|我看见)(一个|一位|一只)(朋友|人|狗|猫|老师|同学)(叫|名叫){n}",
        "{n}是我(的|)(哥哥|姐姐|朋友|狗|猫|老板|邻居|老师|同学)",
        "我(的|)(哥哥|姐姐|狗|朋友|妈妈|爸爸|老板)最喜欢的颜色是{c}",
        "(我的车|我的房子|天空|我的衬衫|我的狗|门|我的头发|杯子)是{c}的",
        "我(不喜欢|讨厌|不爱|受不了){c}",
        "我(看见|买了|有|卖了)(一辆|一件|一座|一只){c}的(车|衬衫|房子|猫|帽子)",
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
