"""Finds Chinese IDs, payment cards and Chinese mobile numbers among the digits of a folded text."""

import re
from collections.abc import Iterator, Sequence

from glmbot.safety.pii.checks import is_card, is_chinese_id, is_mobile
from glmbot.safety.pii.spans import PiiKind, Span

JOINTS = r"\t \u00a0\u2000-\u200a\u202f\u3000.·_\u2010-\u2015\u2212\-"
"""What people put between the groups of one number."""
J = f"[{JOINTS}]{{1,3}}"
ALONE = rf"(?<!(?<![0-9])[0-9][{JOINTS}])"
NONE_AFTER = rf"(?![{JOINTS}][0-9](?![0-9]))"
"""Before and behind digits that each stand apart: no more of them."""

REGION = re.compile(rf"[0-9](?:[{JOINTS}]{{0,3}}+[0-9]){{10,}}+")
"""Everything from the first to the last digit of numbers that stand beside each other; eleven digits or more."""

ID_FORMS = (
    r"\d{17}[\dXx]",
    rf"\d{{6}}{J}\d{{8}}{J}\d{{3}}[\dXx]",
    rf"\d{{6}}{J}\d{{4}}{J}\d{{4}}{J}\d{{3}}[\dXx]",
    rf"\d{{6}}{J}\d{{4}}{J}\d\d{J}\d\d{J}\d{{3}}[\dXx]",
    rf"\d{{3}}{J}\d{{3}}{J}\d{{4}}{J}\d{{4}}{J}\d{{3}}[\dXx]",
    rf"\d{{3}}(?:{J}\d{{3}}){{4}}{J}\d\d[\dXx]",
    rf"\d{{4}}(?:{J}\d{{4}}){{3}}{J}\d[\dXx]",
    rf"\d{{6}}{J}\d{{6}}{J}\d{{5}}[\dXx]",
    rf"\d{{6}}{J}\d{{11}}[\dXx]",
    rf"\d{{14}}{J}\d{{3}}[\dXx]",
    rf"\d{{10}}{J}\d{{7}}[\dXx]",
    rf"\d{{17}}{J}[\dXx]",
    rf"{ALONE}\d(?:{J}\d){{16}}{J}[\dXx]{NONE_AFTER}",
)
CARD_FORMS = (
    r"\d{13,19}",
    rf"\d{{4}}(?:{J}\d{{4}}){{3}}{J}\d{{3}}",
    rf"\d{{4}}(?:{J}\d{{4}}){{3}}",
    rf"\d{{4}}{J}\d{{6}}{J}\d{{4,5}}",
    rf"\d{{6}}{J}\d{{10,13}}",
    rf"\d{{8}}{J}\d{{8}}",
    rf"\d{{4}}{J}\d{{3}}{J}\d{{3}}{J}\d{{3}}",
    rf"{ALONE}\d(?:{J}\d){{12,18}}{NONE_AFTER}",
)
MOBILE_FORMS = tuple(
    rf"(?:(?:00)?86)?1{form}"
    for form in (
        r"\d{10}",
        rf"\d\d{J}\d{{4}}{J}\d{{4}}",
        rf"\d\d{J}\d{{8}}",
        rf"\d\d{J}\d{{3}}{J}\d{{5}}",
        rf"\d\d(?:{J}\d\d){{4}}",
        rf"\d{{6}}{J}\d{{4}}",
        rf"\d{{3}}{J}\d{{3}}{J}\d{{4}}",
        rf"\d{{3}}{J}\d{{4}}{J}\d{{3}}",
        rf"\d{{4}}{J}\d{{6}}",
        rf"\d{{4}}{J}\d{{3}}{J}\d{{3}}",
        rf"(?<=(?<![0-9])1)(?<!(?<![0-9])[0-9][{JOINTS}]1)(?:{J}\d){{10}}{NONE_AFTER}",
    )
)
NOT_DIGITS = re.compile(r"[^0-9Xx]+")
COUNTRY_CODE = re.compile(
    r"(?:(?:\+|(?<![0-9A-Za-z+])(?:00)?)(?:86|[(（]86[)）])|[(（](?:\+|00)86[)）])[ \u00a0\u3000.-]{0,2}\Z"
)
PLUS = re.compile(r"(?<![0-9A-Za-z+])\+\Z")
MOBILE_DIGITS = 11
GROUP_BEFORE = re.compile(rf"[0-9](?:[.·_-]|[{JOINTS}][._-][{JOINTS}])\Z")
GROUP_AFTER = re.compile(r"[.·_-][0-9]")
NUMBER_BEFORE = re.compile(r"(?<![0-9])[0-9]{11,19}[.·_-]\Z")
NUMBER_AFTER = re.compile(r"[.·_-][0-9]{11,19}(?![0-9])")
WORD_BEFORE = re.compile(r"[A-Za-z_]+\Z")
WORD_AFTER = re.compile(r"[A-Za-z_]+")
CONTACT_WORD = re.compile(
    r"(?:tel|phone|mobile|cell|call|wechat|weixin|wx|vx|qq|v|card|pan|no|id|idcard|sjh|dh|sfz)_?", re.IGNORECASE
)
"""Words that a number may be written right beside, without a space."""
OTHER_NUMBER = re.compile(
    r"(?:(?:订单|运单|快递单|物流单|流水|序列|发票)(?:号码|编号|号)?|单号|时间戳|qq号?|imei|isbn|(?<![a-z])(?:order|tracking|serial|"
    r"invoice|timestamp|shipment)(?:[ _-]?(?:number|num|no\.?|id|code))?)\s?(?:[:：#=]|是|为|is)?\s?#?\Z",
    re.IGNORECASE,
)
"""Words that say that the number is another kind of number."""
AMOUNT_BEFORE = re.compile(r"[$¥￥€£][ ]?\Z")
AMOUNT_AFTER = re.compile(r"[ ]?[元€毫]")
CONTEXT = 32
"""How many characters before a number tell what it is."""


class Forms:
    """The ways to group the digits of one kind of number."""

    def __init__(self, first: str, forms: Sequence[str]) -> None:
        any_form = "|".join(forms)
        each_form = "".join(f"(?:(?=({form})(?![0-9])))?" for form in forms)
        self._pattern = re.compile(f"(?<![0-9])(?={first})(?=(?:{any_form})(?![0-9])){each_form}", re.ASCII)

    def matches(self, text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and digits of all numbers that begin between two places, overlapping ones too."""
        for match in self._pattern.finditer(text, start, end):
            for written in filter(None, match.groups()):
                yield match.start(), match.start() + len(written), NOT_DIGITS.sub("", written)


IDS, CARDS, MOBILES = Forms("[1-9]", ID_FORMS), Forms("[2-689]", CARD_FORMS), Forms("1|86|00", MOBILE_FORMS)


def find_numbers(text: str) -> Iterator[Span]:
    """Yield Chinese IDs, cards and Chinese mobiles; they may overlap."""
    for region in REGION.finditer(text):
        start, end = region.start(), min(region.end() + 4, len(text))
        for first, after, number in IDS.matches(text, start, end):
            if is_chinese_id(number) and not _is_in_word(text, first, after):
                yield Span(first, after, PiiKind.CN_ID)
        for first, after, number in CARDS.matches(text, start, end):
            if is_card(number) and _stands_alone(text, first, after) and not _is_other_number(text, first):
                yield Span(first, after, PiiKind.BANK_CARD)
        yield from _mobiles(text, start, end)


def _mobiles(text: str, start: int, end: int) -> Iterator[Span]:
    for first, after, number in MOBILES.matches(text, start, end):
        if not is_mobile(number[-MOBILE_DIGITS:]) or _is_other_number(text, first) or _is_amount(text, first, after):
            continue
        before = text[max(0, first - CONTEXT) : first]
        is_coded = len(number) > MOBILE_DIGITS
        code = (PLUS if is_coded else COUNTRY_CODE).search(before)
        is_foreign = before.endswith("+") and not is_coded
        if (code and not _has_word(text, after)) or (not is_foreign and _stands_alone(text, first, after)):
            yield Span(first - len(code[0]) if code else first, after, PiiKind.CN_MOBILE)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether a number is no part of a longer one, of a fraction or of a word."""
    before = text[max(0, start - CONTEXT) : start]
    if GROUP_BEFORE.search(before) and not NUMBER_BEFORE.search(before):
        return False
    if GROUP_AFTER.match(text, end) and not NUMBER_AFTER.match(text, end):
        return False
    return not _is_in_word(text, start, end)


def _is_in_word(text: str, start: int, end: int) -> bool:
    """Tell whether letters stand right beside it, other than a word that says what it is."""
    word = WORD_BEFORE.search(text[max(0, start - CONTEXT) : start])
    return _has_word(text, end) or (word is not None and not CONTACT_WORD.fullmatch(word[0]))


def _has_word(text: str, place: int) -> bool:
    word = WORD_AFTER.match(text, place)
    return word is not None and not CONTACT_WORD.fullmatch(word[0])


def _is_other_number(text: str, start: int) -> bool:
    return OTHER_NUMBER.search(text[max(0, start - CONTEXT) : start]) is not None


def _is_amount(text: str, start: int, end: int) -> bool:
    return (
        AMOUNT_BEFORE.search(text[max(0, start - 2) : start]) is not None or AMOUNT_AFTER.match(text, end) is not None
    )
