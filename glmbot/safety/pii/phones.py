"""Finds phone numbers with a country code in a folded text."""

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, ValidationResult

from glmbot.safety.pii.checks import is_mobile
from glmbot.safety.pii.numbers import JOINTS
from glmbot.safety.pii.spans import PiiKind, Span

PHONE = re.compile(
    r"[+(（0](?:(?<=\+)(?<![0-9A-Za-z+_]\+)|(?<=[(（])\+(?=[0-9]{1,3}[)）])|(?<=0)(?<![0-9+.-]0)0(?=[1-9]))"
    rf"(?<![0-9][{JOINTS}]00)"
    rf"[0-9](?:[{JOINTS}()（）/]{{0,3}}+[0-9]){{6,17}}+(?![0-9])"
)
GROUP = re.compile(r"[0-9]+")
NOT_DIGITS = re.compile(r"[^0-9]+")
CHINA = 86
NORTH_AMERICA = 1


def find_phones(text: str) -> Iterator[Span]:
    """Yield international phone numbers."""
    if "+" not in text and "00" not in text:
        return
    for match in PHONE.finditer(text):
        if found := _phone(match[0]):
            end, number = found
            is_chinese_mobile = number.country_code == CHINA and is_mobile(str(number.national_number))
            kind = PiiKind.CN_MOBILE if is_chinese_mobile else PiiKind.PHONE_INTL
            yield Span(match.start(), match.start() + end, kind)


def _phone(written: str) -> tuple[int, PhoneNumber] | None:
    """Return the phone number that it begins with, and where that ends; what follows may be another number."""
    ends = [group.end() for group in GROUP.finditer(written)][::-1]
    possible = {end: number for end in ends if (number := _parse(written[:end]))}
    if len(possible) > 1:
        valid = [found for found in possible.items() if phonenumbers.is_valid_number(found[1])]
        return next(iter([*valid, *possible.items()]))
    return next(iter(possible.items()), None)


def _parse(written: str) -> PhoneNumber | None:
    """Return the number if one of this length can exist.

    It need not be in use: the tables know little of new ranges. Less is trusted where digits often mean something else.
    """
    digits = NOT_DIGITS.sub("", written)
    is_bare_row = written == digits
    try:
        number = phonenumbers.parse("+" + (digits.removeprefix("00") if "+" not in written else digits))
    except NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    if number.country_code == NORTH_AMERICA and (is_bare_row or str(number.national_number)[0] in "01"):
        return None
    if number.country_code == CHINA or is_bare_row:
        return number if phonenumbers.is_valid_number(number) else None
    return number
