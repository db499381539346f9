"""Finds e-mail addresses in a folded text."""

import re
from collections.abc import Iterator

from glmbot.safety.pii.spans import PiiKind, Span

CJK = "\u2e80-\u2fff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
"""Scripts that put no space between an address and the sentence around it."""
WORD = "A-Za-z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0370-\u1fff"
LOCAL = rf"{WORD}._%+\-"
MAX_LOCAL = 64
MAX_CJK_LOCAL = 6
MAX_CJK_LABEL = 16

LABEL = rf"(?:[{WORD}](?:[{WORD}\-]{{0,61}}[{WORD}])?|[{CJK}]{{1,{MAX_CJK_LABEL}}})"
IDN_ENDS = (
    "中国|中國|公司|网络|網絡|网址|在线|中文网|测试|測試|香港|台湾|台灣|澳门|澳門|新加坡|我爱你|商城|商店|手机|政务|公益|集团|移动|网站|网店|"
    "信息|企业|广东|佛山|餐厅|娱乐|游戏|时尚|健康|招聘|购物|八卦|微博|慈善|机构|组织机构|政府|世界|コム|みんな|닷컴|닷넷|한국|삼성"
)
"""The last part of domains in CJK; others would run on into the sentence."""
TOP = rf"(?:(?:xn--[A-Za-z0-9\-]{{2,59}}|[A-Za-z\u00c0-\u1fff]{{2,24}})(?!-?[{WORD}_])|{IDN_ENDS})"
AT_DOMAIN = re.compile(rf"@(?<=[{LOCAL}{CJK}'\"]@)((?:{LABEL}\.){{1,40}}{TOP})")
NEXT_SENTENCE = re.compile(r"(?<=\.(?:com|net|org))\.[A-Z][a-z]+\Z")
"""A sentence that begins right behind an address, without a space."""
LOCAL_BACKWARDS = re.compile(rf"[{LOCAL}]++(?:'[A-Za-z]{{1,20}}+(?![{LOCAL}']))?")
CJK_BACKWARDS = re.compile(rf"[{CJK}]{{1,{MAX_CJK_LOCAL}}}+(?![{CJK}{LOCAL}])")
CJK_START = re.compile(f"[{CJK}]")
QUOTED_BACKWARDS = re.compile(rf'"[^"\s]{{1,{MAX_LOCAL - 2}}}"')
FILE_END = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|bmp|ico|css|[jt]sx?|json|html?|xml|ya?ml|toml|txt|csv|pdf|docx?|xlsx?|pptx?|tar|t?gz|exe|dll|"
    r"dmg|apk|jar|java|cpp|php|log|conf|cfg|ini|lock|mp[34]|wav|avi|service|socket|timer)\Z",
    re.IGNORECASE,
)
"""Ends of file names, as in icon@2x.png."""
BEFORE_LOCAL = re.compile(r"://(?:[^\s/@]*:)?\Z")
"""A user name, or a password, in an URL."""

OPEN, CLOSE = r"[ ]{0,2}[\[({<（【][ ]?", r"[ ]?[\])}>）】][ ]{0,2}"
SPELT_SIGN = re.compile(r"[\[({<（【][ ]?(?:at|AT|At|@|艾特)[ ]?[\])}>）】]|[ ](?:dot|DOT|@)[ ]|艾特")
SPELT_NAME = rf"(?<![{LOCAL}@])[A-Za-z0-9._%+\-]{{1,24}}+"
SPELT_AT = rf"(?:{OPEN}(?:at|AT|At|@|艾特){CLOSE}|[ ]?艾特[ ]?)"
SPELT_DOT = rf"(?:{OPEN}(?:dot|DOT|Dot|\.|点){CLOSE}|[ ](?:dot|DOT)[ ]|[ ]?点[ ]?|\.)"
SPELT = re.compile(
    rf"({SPELT_NAME})(?:{SPELT_AT}|([ ](?:@[ ]|(?:at|AT)[ ](?=[A-Za-z0-9\-]{{1,20}}[ ](?:dot|DOT)[ ]))))"
    rf"[A-Za-z0-9\-]{{1,20}}(?:(?:{SPELT_DOT}[A-Za-z0-9\-]{{2,12}}){{1,2}}|(?:[ ]\.[ ][A-Za-z0-9\-]{{2,12}}){{1,2}})"
    r"(?<=[A-Za-z]{2})(?![A-Za-z0-9_@])"
)
"""Addresses like `alice [at] example [dot] com`."""
FREQUENT_TOP = re.compile(
    rf"(?:com|org|net|cn|edu|gov|io|de|fr|uk|jp|example|test|invalid|{IDN_ENDS})\Z", re.IGNORECASE
)
NO_NAME = re.compile(
    r"(?:it|is|was|me|us|you|him|her|them|look|looking|only|here|there|that|this|page|site|shop|buy|online|found|available)\Z",
    re.IGNORECASE,
)


def find_emails(text: str) -> Iterator[Span]:
    """Yield e-mail addresses, spelt-out ones too."""
    if "@" in text:
        for match in AT_DOMAIN.finditer(text):
            start = _start_of_local(text, match.start())
            sentence = NEXT_SENTENCE.search(match[1])
            end = match.end() - (len(sentence[0]) if sentence else 0)
            if start is not None and not _is_something_else(text, start, end):
                yield Span(start, end, PiiKind.EMAIL)
    if SPELT_SIGN.search(text):
        yield from _spelt(text)


def _start_of_local(text: str, at: int) -> int | None:
    """Return where the part before the at sign begins."""
    backwards = text[max(0, at - MAX_LOCAL - 4) : at][::-1]
    if match := QUOTED_BACKWARDS.match(backwards) or CJK_BACKWARDS.match(backwards):
        return at - match.end()
    match = LOCAL_BACKWARDS.match(backwards)
    if not match or match.end() > MAX_LOCAL or backwards.startswith("."):
        return None
    local = match[0][::-1].rpartition("...")[2].lstrip(".%+-'")
    if ".." in local:
        return None
    return at - len(local) if local else None


def _is_something_else(text: str, start: int, end: int) -> bool:
    """Tell whether it is a file, a user of another network, or part of an URL."""
    address = text[start:end]
    if FILE_END.search(address) or text[start - 1 : start] == "@":
        return True
    if CJK_START.match(address) and not FREQUENT_TOP.search(address):
        return True  # rather a sentence that mentions somebody
    if text[end : end + 1] == "(" and not FREQUENT_TOP.search(address):
        return True  # rather code
    is_path_of_git = text.startswith("git@", start) and text[end : end + 1] == ":"
    return is_path_of_git or BEFORE_LOCAL.search(text[max(0, start - MAX_LOCAL) : start]) is not None


def _spelt(text: str) -> Iterator[Span]:
    for match in SPELT.finditer(text):
        is_plain_words = match[2] is not None
        if is_plain_words and (NO_NAME.match(match[1]) or not FREQUENT_TOP.search(match[0])):
            continue
        yield Span(match.start(), match.end(), PiiKind.EMAIL)
