"""Tells how much of a growing text may still become personal data."""

import re
from collections.abc import Collection

from glmbot.safety.pii.emails import CJK, LOCAL, MAX_CJK_LABEL, MAX_CJK_LOCAL, SPELT_AT, SPELT_DOT, SPELT_NAME, WORD
from glmbot.safety.pii.folding import HANZI
from glmbot.safety.pii.numbers import JOINTS
from glmbot.safety.pii.secrets import BODIES, V, W
from glmbot.safety.pii.spans import PiiKind

KEYS = frozenset({PiiKind.API_KEY, PiiKind.JWT})
NUMBERS = frozenset(PiiKind) - KEYS - {PiiKind.PRIVATE_KEY, PiiKind.EMAIL, PiiKind.IPV6}
WINDOW = 192
"""How much of the text is looked at: what is held back at most, and as much before it."""
MAX_NUMBER = 76
"""How long a number with its joints can be."""

NUMBER = re.compile(rf"[0-9{HANZI}+(（][0-9{HANZI}{JOINTS}()（）+/]*+[A-Za-z_]{{0,8}}\Z")
"""A row of numbers, and the word right behind it, which may tell what it is."""
GROUP_START = re.compile(rf"(?<![0-9{HANZI}])[0-9{HANZI}+]")

PART = rf"(?:[{WORD}\-]{{1,63}}+|[{CJK}]{{1,{MAX_CJK_LABEL}}}+)"
DOMAIN = rf"@(?:{PART}\.)*{PART}?"
DOT_PART = r"[ ]{0,2}(?:[\[({<（【][ ]?)?(?:d|do|dot|D|DO|DOT|Do|Dot|\.|点)?[ ]?[\])}>）】]?[ ]{0,2}"
AT_PART = r"[ ]{0,2}(?:[\[({<（【][ ]?)?(?:a|at|A|AT|At|@|艾|艾特)?[ ]?[\])}>）】]?[ ]{0,2}"
SPELT_HOST = rf"[A-Za-z0-9\-]{{0,20}}(?:(?:{SPELT_DOT}|[ ]\.[ ])[A-Za-z0-9\-]{{1,12}}){{0,2}}(?:{DOT_PART})?"
PEM_LINE = r"-----(?:B|BE|BEG|BEGI|BEGIN)?|-----BEGIN [A-Z0-9 ]{0,40}-{0,5}(?:[\s>]|\\[nr]?){0,9}[A-Za-z0-9+/-]{0,19}"

BEGINNINGS = tuple(
    (kind, re.compile(rf"(?:{pattern})\Z"))
    for kind, pattern in (
        (PiiKind.EMAIL, rf"(?<![{LOCAL}])[{LOCAL}]{{1,64}}+(?:{DOMAIN})?"),
        (PiiKind.EMAIL, rf"(?<![{LOCAL}'])[A-Za-z]{{1,20}}'[{LOCAL}]{{0,64}}(?:{DOMAIN})?"),
        (PiiKind.EMAIL, rf'"[^"\s]{{0,62}}"?(?:{DOMAIN})?'),
        (PiiKind.EMAIL, rf"(?<![{CJK}{LOCAL}])[{CJK}]{{1,{MAX_CJK_LOCAL}}}+(?:{DOMAIN})?"),
        (PiiKind.EMAIL, rf"{SPELT_NAME}(?:{AT_PART}|(?:{SPELT_AT}|[ ](?:at|AT|@)[ ]){SPELT_HOST})"),
        (PiiKind.IPV6, r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f:.]{0,44})?"),
        (PiiKind.API_KEY, rf"[0-9]{{8,10}}:{V}{{0,35}}"),
        (
            PiiKind.API_KEY,
            rf"(?<![A-Za-z0-9_.-])(?:[0-9a-f]{{1,32}}(?:\.{W}{{0,16}})?|[MNO]{V}{{0,25}}(?:\.{V}{{0,6}}(?:\.{V}{{0,38}})?)?)",
        ),
        (PiiKind.PRIVATE_KEY, rf"-{{1,5}}|{PEM_LINE}"),
    )
)
"""What e-mail addresses, IPv6 addresses, keys of fixed length and private keys begin with."""
PREFIXES = (*BODIES, "eyJ")
PREFIX_PARTS = sorted({prefix[:length] for prefix in PREFIXES for length in range(1, len(prefix))})
KEY = re.compile(
    r"(?<![A-Za-z0-9_])(?:(?:{})[A-Za-z0-9_.-]*+|(?:{}))\Z".format(
        "|".join(map(re.escape, PREFIXES)), "|".join(map(re.escape, PREFIX_PARTS))
    )
)
NAMED = re.compile(
    r"(?:key(?:[ _-]?(?:id|secret|base))?|token|secret|密钥|秘钥|令牌)['\"`]?"
    r"(?:\s{0,3}(?::=|=>|[:=：])\s{0,3}(?:bearer\s)?|\s(?:is\s|was\s)?|\s?[是为]\s?)['\"`]?([A-Za-z0-9+/_~.=-]*+)\Z"
    r"|bearer\s([A-Za-z0-9+/_~.=-]*+)\Z",
    re.IGNORECASE,
)


def first_undecided(text: str, start: int, kinds: Collection[PiiKind] = tuple(PiiKind)) -> int:
    """Return the first place from `start` on that may belong to data of these kinds once more text follows."""
    offset = max(0, len(text) - WINDOW)
    window = text[offset:]
    patterns = [pattern for kind, pattern in BEGINNINGS if kind in kinds]
    places = [offset + match.start() for pattern in patterns if (match := pattern.search(window))]
    if not KEYS.isdisjoint(kinds):
        places += [place for place in (_key(window, offset), _named(window, offset)) if place >= start]
    if not NUMBERS.isdisjoint(kinds):
        places.append(_number(window, offset))
    return max(start, min([*places, len(text)]))


def _number(window: str, offset: int) -> int:
    match = NUMBER.search(window)
    if match and len(match[0]) > MAX_NUMBER:
        match = GROUP_START.search(window, len(window) - MAX_NUMBER)
    return offset + (match.start() if match else len(window))


def _key(window: str, offset: int) -> int:
    match = KEY.search(window)
    return offset + (match.start() if match else len(window))


def _named(window: str, offset: int) -> int:
    match = NAMED.search(window)
    return offset + (match.start(match.lastindex or 0) if match else len(window))
