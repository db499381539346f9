"""Tells real ID, card and mobile numbers from other rows of digits."""

import re
from datetime import date

PROVINCES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91")
"""The first two digits of GB/T 2260 area codes, with those of residence permits (81 to 83, 91)."""
FIRST_YEAR = 1900

MOBILE = re.compile(r"1(?:3\d|4[014-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])\d{8}", re.ASCII)

CARD = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|(?:30[0-5]|309|3[689]\d)(?:\d{11}|\d{13}|\d{16})"  # Diners Club
    r"|(?:35(?:2[89]|[3-8]\d)|6011|64[4-9]\d|65\d\d)\d{12,15}"  # JCB, Discover
    r"|(?:62|81|60|69|68)\d{14,17}|9558\d{12,15}"  # UnionPay, Chinese cards from before it, RuPay
    r"|(?:50|5[6-8]|6[37])(?:\d{14}|\d{16,17})"  # Maestro
    r"|220[0-4]\d{12,15}",  # Mir
    re.ASCII,
)
"""What the issuers' numbers begin with, and how long they are."""
MISTYPED_ID = re.compile(r"\d{6}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{4}", re.ASCII)
DOUBLED = str.maketrans("0123456789", "0246813579")
"""A digit, doubled, and the two digits of that added up."""


def is_chinese_id(number: str) -> bool:
    """Tell whether 17 digits and a digit or X are a resident's ID (GB 11643): area, birthday, check digit."""
    if not PROVINCES.match(number) or int(number[6:10]) < FIRST_YEAR:
        return False
    try:
        birthday = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    check_digit = (1 - 2 * int(number[:17], 13)) % 11
    return number[17].upper() == ("X" if check_digit == 10 else str(check_digit)) and birthday <= date.today()


def is_card(number: str) -> bool:
    """Tell whether digits are a payment card's: an issuer's prefix with its length, and the Luhn sum."""
    return CARD.fullmatch(number) is not None and has_luhn_sum(number) and not MISTYPED_ID.fullmatch(number)


def has_luhn_sum(number: str) -> bool:
    """Tell whether the last digit is the check digit of the Luhn formula."""
    kept = number[-1::-2]
    doubled = number[-2::-2].translate(DOUBLED)
    return sum(map(int, kept + doubled)) % 10 == 0


def is_mobile(number: str) -> bool:
    """Tell whether 11 digits are of a range given out for mobiles in China."""
    return MOBILE.fullmatch(number) is not None
