"""What senders do to a sentence: casing, slips of the finger, forgotten punctuation, a word of courtesy around it."""

# ruff: noqa: E501 - wordings and word lists read best in long lines

import random
import re
from collections.abc import Callable

from glmbot.demo.grammar import Language, expand
from glmbot.demo.synonyms import add_adverb, vary

_SLOT = re.compile(r"(\{\w+\})")
_WORD = re.compile(r"[A-Za-z]{5,}")
_FULL_WIDTH = str.maketrans("?!,:+=", "？！，：＋＝")

_BEFORE = {
    "en": (
        "(hi|hey|hello|ok|okay|so|well|um|uh|hm|now|right|great|cool|nice|thanks|sorry|please|alright)(,|!|.|...|) ",
        "(excuse me|one (more |)question|quick question|another (question|one)|next (question|one)|by the way|btw)(,|:| -|) ",
        "(i have a question|i was wondering|just curious|tell me|say|listen|hey bot|hey glmbot|dear bot|glmbot)(,|:|) ",
        "(can|could|would|will) you (please |)(tell me|help me|explain|answer this)(,|:|) ",
        "(and|but|then|also|ah|oh|hmm|yes|no|good|fine|perfect|wow|lol|haha)(,|) ",
    ),
    "zh": (
        "(你好|您好|嗨|嘿|请问|请问一下|请教一下|想问一下|问一下|问你个问题|我想问|那个|那|嗯|呃|好的|好吧|好|谢谢|对了|哦|啊)(，|：|。|！|)",
        "(顺便问一下|还有一个问题|再问一个|下一个问题|另外|麻烦|麻烦你|麻烦告诉我|请|请你|请告诉我|告诉我|能告诉我|能不能告诉我|帮我)(，|：|)",
        "(你知道|你知不知道|我想知道|想知道|很好奇|说说|机器人|小助手|glmbot)(，|)",
        "(然后|那么|所以|不过|哈哈|行|可以|不错|太好了|原来如此|明白了|知道了)(，|。|！)",
    ),
}
# A sentence in front, which asks nothing.
_LEADS = {
    "en": (
        "(i just installed (this|glmbot|you)|i am new here|i'm a beginner|this is my first time here|a friend sent me|i have little time|i am in a hurry|i'm testing you|it is late|we are a team of {number}|i saw you on the web|i am at work|my kids want to know|i'm writing a report|it rains outside)(.|!|,|...)".replace(
            "{number}", "five"
        ),
        "(my (friend|teacher|boss|son|colleague|neighbour) asks|here is a quiz|for my (quiz|homework|notes|class)|small test|my (next|last|first|other) question|here comes a question|a riddle for you|let me ask you this|one thing is unclear to me|something else|change of topic|back to business)(:|.|,|...)",
        "(i don't know much about this|i forgot|i can't find it|nobody could tell me|i have been wondering|i looked everywhere|help me out|i am confused|i am lost|that's great|that was quick|ha, nice one|so far so good|let's go on|moving on)(,|.|:|...)",
    ),
    "zh": (
        "(我刚安装好|我是新来的|我是新手|第一次来这里|朋友介绍我来的|我时间不多|我赶时间|我在测试你|已经很晚了|我在网上看到你|我在上班|孩子想知道|我在写报告|外面在下雨|今天有点忙)(。|，|！)",
        "(我(朋友|老师|老板|儿子|同事|邻居)问|来个小测验|这是我的作业|小测试|我的(下一个|第一个|另一个)问题是|来个问题|猜个谜|让我问问你|有一点我不清楚|别的事|换个话题|言归正传|考考你)(：|，|。)",
        "(我不太懂|我忘了|我找不到|没人能告诉我|我一直在想|我到处找过了|帮帮忙|我糊涂了|我搞不清楚|太好了|真快|哈哈不错|到目前都好|继续吧|接着说)(，|。|：)",
    ),
}
_AFTER = {
    "en": (
        "(,|) (my (dear|pal|buddy|helper|little bot)|little one|everyone|sir|madam|old chap|dear machine|you clever thing)",
        " (on this (lovely|rainy|sunny|quiet) (day|morning|evening|night)|from (us all|Berlin|my desk|me and my dog)|for (everything|the answer|your time|the moment|all that)|as well|anyway|at last|in short|in a few words|if I may ask|if you can)",
        "(,|) (please|thanks|thank you|thx|pls|mate|friend|then|now|again|exactly|by the way|i wonder|if you know)",
        " (tell me|do you know|any idea|i forgot|i am curious|just asking|i need to know|can you tell me)",
    ),
    "zh": (
        "(，|)(小(伙伴|可爱|东西|帮手|助理)|老兄|亲|先生|朋友们|聪明的机器人)",
        "(，|)(简单说说|说来听听|行不行|能说说吗|说实话|长话短说|如果可以的话|方便的话|要是你会的话)",
        "(，|)(谢谢|谢谢你|谢啦|拜托|拜托了|麻烦了|请告诉我|告诉我|你知道吗|我想知道|我忘了|好吗|可以吗)",
        "(呢|呀|啊|哦|哈|嘛)",
    ),
}
_SLIPS = (
    ("的", "得"),
    ("吗", "嘛"),
    ("你", "您"),
    ("什么", "啥"),
    ("怎么", "咋"),
    ("哪", "那"),
    ("在", "再"),
    ("么", "麽"),
)


def add_noise(text: str, language: Language, rng: random.Random) -> str:
    """Roughen a sentence the way senders do; slots are left alone."""
    text = _drop_punctuation(text, rng)
    text = _keep_slots(text, lambda part: vary(part, language, rng))
    if "{" not in text and rng.random() < 0.06:
        text = add_adverb(text, language, rng)
    if rng.random() < 0.2:
        text = _surround(text, language, rng)
    elif rng.random() < 0.07:
        text = expand(rng.choice(_LEADS[language]), rng) + (" " if language == "en" else "") + text
    text = _keep_slots(text, lambda part: _slip(part, language, rng))
    if language == "en":
        text = _keep_slots(text, _casing(rng))
    elif rng.random() < 0.1:
        text = _keep_slots(text, lambda part: part.translate(_FULL_WIDTH))
    return text


def _drop_punctuation(text: str, rng: random.Random) -> str:
    bare = text.rstrip("?!.。？！ ")
    if not bare or text.endswith("}") or rng.random() > 0.5:
        return text
    return bare + rng.choice(("", "", "", "?", "!", ".", "??", " ?", "。", "？", "?!", "...", "~"))


def _surround(text: str, language: Language, rng: random.Random) -> str:
    if rng.random() < 0.75:
        return expand(rng.choice(_BEFORE[language]), rng) + (" " if language == "en" else "") + text
    ending = text[-1] if text[-1:] in "?？。.!！" else ""
    return text.removesuffix(ending) + expand(_spaced(rng.choice(_AFTER[language])), rng).replace("_", " ") + ending


def _spaced(template: str) -> str:
    """Keep a leading space through `expand`, which strips."""
    return template.replace(" (", "_(", 1) if " (" in template else template


def _keep_slots(text: str, change: Callable[[str], str]) -> str:
    return "".join(part if _SLOT.fullmatch(part) else change(part) for part in _SLOT.split(text))


def _casing(rng: random.Random) -> Callable[[str], str]:
    chance = rng.random()
    if chance < 0.35:
        return str.lower
    if chance < 0.39:
        return str.upper
    if chance < 0.42:
        return str.title
    return str


def _slip(part: str, language: Language, rng: random.Random) -> str:
    if rng.random() > 0.09:
        return part
    if language == "zh":
        right, wrong = rng.choice(_SLIPS)
        return part.replace(right, wrong, 1)
    words = list(_WORD.finditer(part))
    return _slip_in_word(part, rng.choice(words), rng) if words else part


def _slip_in_word(part: str, word: re.Match[str], rng: random.Random) -> str:
    at = rng.randrange(word.start() + 1, word.end() - 1)
    swapped = part[:at] + part[at + 1] + part[at] + part[at + 2 :]
    dropped = part[:at] + part[at + 1 :]
    doubled = part[:at] + part[at] + part[at:]
    return rng.choice((swapped, dropped, doubled))


def roughen_word(word: str, rng: random.Random) -> str:
    """Write a word as senders do: without its capital letter, sometimes with a slip."""
    if rng.random() < 0.35:
        word = word.lower()
    letters = _WORD.search(word)
    return _slip_in_word(word, letters, rng) if letters and rng.random() < 0.04 else word
