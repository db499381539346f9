"""Names, colours and words, known ones and invented ones: what is copied must not have to be known."""

# ruff: noqa: E501, SIM905 - wordings and word lists read best in long lines

import random

from glmbot.demo.grammar import Language

_FIRST_EN = (
    "Anna Ben Clara David Emma Frank Grace Henry Irene Jack Kate Leo Maria Nick Olivia Paul Rachel Sam Tina Victor "
    "Wendy Alice Bob Carol Daniel Ella Felix George Hannah Ivan Julia Kevin Laura Martin Nora Oscar Peter Ruth Simon "
    "Thomas Ursula Vera William Zoe Alex Bruno Chloe Diego Elena Fatima Gina Hugo Ines Jonas Karim Lena Marco Nadia "
    "Omar Pablo Quentin Rosa Stefan Tariq Uwe Viktor Walter Xenia Yusuf Zara Amir Björn Chen Dmitri Eva Giulia Hans "
    "Ingrid Jürgen Kofi Lars Mei Nikolai Olga Priya Raj Sofia Takeshi Umar Valeria Wei Yuki Zainab Mike Lucy Tom Jim "
    "Sarah Linda James John Robert Michael Mary Patricia Jennifer Liz Susan Joe Chris Max Mia Noah Liam Ava Ryan Amy"
).split()
_LAST_EN = (
    "Smith Brown Miller Jones Garcia Schmidt Rossi Novak Kowalski Silva Ivanov Tanaka Kim Nguyen Patel Khan Larsen "
    "O'Connor MacLeod Dubois Weber Fischer Hill King Lee Wright Green Baker Hall Young Stone Rivers Moore Clark"
).split()
_LAST_ZH = (
    "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹 彭 曾 肖 田 董 袁 潘 于 蒋 蔡 余 杜 "
    "叶 程 苏 魏 吕 丁 任 沈 姚 卢 姜 崔 钟 谭 陆 汪 范 金 石 廖 贾 夏 韦 方 白 邹 孟 熊 秦 邱 江 尹 薛 闫 段 雷 侯 龙 史 陶 黎 贺 顾 毛 "
    "郝 龚 邵 万 钱 严 武 戴 莫 孔 向 汤 欧阳 司马 诸葛 上官"
).split()
_GIVEN_ZH = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰文斌波宇浩轩梓涵子萱雨欣怡佳琪嘉俊博思远志国建东海天乐晨阳晓梦婷雪琳"
    "慧莹倩蕾薇菲妍颖瑶月春秋红梅云飞龙凤鹏辉亮峰山林森松柏青安宁康健福禄寿喜庆祥瑞吉利民爱家成才德仁义礼智信诚忠孝美兴旺"
)
_NICK_ZH = "小明 小红 小李 老王 阿强 阿花 大伟 小美 豆豆 乐乐 小鱼 阿杰 小虎 老张 小陈 晓晓 圆圆 球球 果果 阿布 小黑 大熊 小雨 阿福".split()
_ONSETS = "b c d f g h j k l m n p r s t v w z br ch cl dr fl gr kr pl sh sl st th tr qu sw y x zh".split()
_VOWELS = "a e i o u a e i o ai ea ie oo ou y au".split()
_CODAS = "n r l s t m k d x th nd sh rt ck ng b p ll".split() + [""] * 12

COLOURS_EN = (
    "red blue green yellow orange purple pink brown black white grey gray violet indigo crimson scarlet maroon navy "
    "olive lime beige ivory gold silver bronze magenta cyan lavender lilac peach coral salmon emerald jade ruby "
    "amber khaki mint rust cream"
).split()
_SHADES_EN = ("dark", "light", "bright", "deep", "pale", "sky", "royal", "pastel", "neon", "forest")
COLOURS_ZH = (
    "红色 蓝色 绿色 黄色 橙色 紫色 粉色 棕色 黑色 白色 灰色 金色 银色 橘色 米色 褐色 粉红色 天蓝色 深蓝色 浅绿色 墨绿色 玫瑰色 "
    "咖啡色 淡紫色 深红色 浅蓝色 藏青色 酒红色 草绿色 乳白色 桃红色 杏色 橄榄色 浅黄色 暗红色 宝蓝色 红 蓝 绿 黄 紫 粉 黑 白"
).split()

_WORDS_EN = tuple(word.lower() for word in (*_FIRST_EN, *_LAST_EN, *COLOURS_EN))

COMMON_CHARACTERS = "".join(
    bytes((row, cell)).decode("gb2312")
    for row in range(0xB0, 0xD8)
    for cell in range(0xA1, 0xFF)
    if (row, cell) <= (0xD7, 0xF9)
)
"""The 3,755 characters of GB 2312's first level."""


def invent_name(rng: random.Random, language: Language) -> str:
    """Give a sender a name of any kind; a tenth comes from the other language."""
    if rng.random() < 0.1:
        language = "zh" if language == "en" else "en"
    return _name_en(rng) if language == "en" else _name_zh(rng)


def invent_colour(rng: random.Random, language: Language) -> str:
    """Give a colour; a third is invented, so that colours it never saw are copied too."""
    chance = rng.random()
    if language == "zh":
        return _colour_zh(rng, chance)
    if chance < 0.5:
        return rng.choice(COLOURS_EN)
    if chance < 0.65:
        return f"{rng.choice(_SHADES_EN)} {rng.choice(COLOURS_EN)}"
    return invent_word(rng, "en")


def invent_word(rng: random.Random, language: Language) -> str:
    """Make up a word: syllables or halves of known words, or two to three characters of GB 2312's first level."""
    if language == "zh":
        return "".join(common_character(rng) for _ in range(rng.choice((2, 2, 3))))
    if rng.random() < 0.4:
        return _blend(rng)
    return "".join(_syllable(rng) for _ in range(rng.choice((1, 2, 2, 3))))


def common_character(rng: random.Random) -> str:
    """Pick one of the common characters."""
    return rng.choice(COMMON_CHARACTERS)


def _blend(rng: random.Random) -> str:
    """Join the beginning of one known word to the end of another: spelt more like real words than syllables are."""
    first, last = rng.choice(_WORDS_EN), rng.choice(_WORDS_EN)
    return first[: rng.randint(2, len(first))] + last[rng.randrange(len(last) - 1) :]


def _syllable(rng: random.Random) -> str:
    return rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS)


def _name_en(rng: random.Random) -> str:
    chance = rng.random()
    if chance < 0.3:
        name = rng.choice(_FIRST_EN)
    elif chance < 0.75:
        name = invent_word(rng, "en").capitalize()
    elif chance < 0.85:
        name = f"{rng.choice((*_FIRST_EN, invent_word(rng, 'en').capitalize()))} {rng.choice(_LAST_EN)}"
    else:
        name = _handle(rng)
    return name.lower() if rng.random() < 0.2 else name


def _handle(rng: random.Random) -> str:
    word = invent_word(rng, "en")
    forms = (
        word.upper(),
        word + str(rng.randint(0, 999)),
        word.capitalize() + rng.choice(("-", "_", "'")) + invent_word(rng, "en").capitalize(),
        word.capitalize() + invent_word(rng, "en").capitalize(),
        "".join(rng.choice((c.upper(), c)) for c in word),
        "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(3, 7))).capitalize(),
    )
    return rng.choice(forms)


def _name_zh(rng: random.Random) -> str:
    chance = rng.random()
    if chance < 0.4:
        return rng.choice(_LAST_ZH) + "".join(rng.choice(_GIVEN_ZH) for _ in range(rng.choice((1, 2, 2))))
    if chance < 0.75:
        return rng.choice(_LAST_ZH) + "".join(common_character(rng) for _ in range(rng.choice((1, 2, 2))))
    if chance < 0.85:
        return rng.choice(_NICK_ZH)
    if chance < 0.9:
        return rng.choice(("小", "老", "阿", "大")) + common_character(rng)
    return "".join(common_character(rng) for _ in range(rng.choice((2, 2, 3, 4))))


def _colour_zh(rng: random.Random, chance: float) -> str:
    if chance < 0.5:
        return rng.choice(COLOURS_ZH)
    if chance < 0.65:
        return rng.choice("深浅淡暗亮鲜") + rng.choice(COLOURS_ZH)
    return "".join(common_character(rng) for _ in range(rng.choice((1, 2, 2)))) + "色"
