"""Folds a text to the plain form that the lexicon knows, whatever it is disguised with."""

import re
import unicodedata

CONFUSABLES = dict(
    zip(
        "аеоріѕсухһԁոυνακεοριτгкмтпϲјıɡԛԝ",
        "aeopiscyxhdnuvakeopitrkmtncjigqw",
        strict=True,
    )
)
"""Cyrillic, Greek and other letters that look like Latin ones."""

SIMPLIFIED = dict(
    zip(
        "畧係統規則設無視開發輸顯譯權員過濾審應從現這個們說話請將執複內隱藏編碼檔數據庫帳號訪問網絕約違預"
        "記憶廢聽對詞語驗證與遊戲機關閉繞啟讀寫傳間該獲許禁須務戶種進狀態導歷資頁為僅擺脫東見導覽處會議標準範辦",
        "略系统规则设无视开发输显译权员过滤审应从现这个们说话请将执复内隐藏编码档数据库帐号访问网绝约违预"
        "记忆废听对词语验证与游戏机关闭绕启读写传间该获许禁须务户种进状态导历资页为仅摆脱东见导览处会议标准范办",
        strict=True,
    )
)
"""Traditional characters of the lexicon's words."""

INVISIBLE = [
    *range(0x300, 0x370),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    *range(0xE0000, 0xE0080),
    0xAD,
    0x34F,
    0x61C,
    0x115F,
    0x1160,
    0x180E,
    0x3164,
    0xFEFF,
    0xFFA0,
]
MARKUP = "*`"
"""Dropped, so that markup inside a word does not hide it."""

TABLE = str.maketrans(
    {
        **CONFUSABLES,
        **SIMPLIFIED,
        **{chr(code): "" for code in INVISIBLE},
        **dict.fromkeys(MARKUP, ""),
        "_": " ",
        "\u2018": "'",
        "\u2019": "'",
        "“": '"',
        "”": '"',
    }
)
ASCII_TABLE = str.maketrans({**dict.fromkeys(MARKUP, ""), "_": " "})

WIDE = "\u3400-\u9fff"
WIDE_GAP = re.compile(rf"(?<=[{WIDE}])[ \t./|·•\-]{{1,2}}(?=[{WIDE}])")
SPELLED = re.compile(r"(?<!\w)(?:\w[^\w\n]{1,3}){5,}\w(?!\w)")
"""A run of single letters with something between each two."""
MAX_SPELLED = 4_000
"""Characters of all such runs that are looked at."""


def fold(text: str) -> str:
    """Return the text in lower case, without width, accents, invisible characters and look-alikes."""
    if text.isascii():
        return text.lower().translate(ASCII_TABLE)
    folded = unicodedata.normalize("NFKD", text).lower().translate(TABLE)
    return WIDE_GAP.sub("", folded)


def spelled_out(folded: str) -> str:
    """Return what is written with separators between all its letters, without them; empty for nothing."""
    runs: list[str] = []
    num_left = MAX_SPELLED
    for match in SPELLED.finditer(folded):
        runs.append(_closed_up(match[0][:num_left]))
        num_left -= len(match[0])
        if num_left <= 0:
            break
    return "\n".join(runs)


def _closed_up(run: str) -> str:
    """Drop the separators; what is wider than the others parts words."""
    narrow = min(map(len, re.findall(r"[^\w]+", run)), default=0)
    return re.sub(r"[^\w]+", lambda match: "" if len(match[0]) == narrow else " ", run)
