"""Makes specimens of personal data, and of what only looks like it; all of them invented.

Numbers are from ranges that belong to nobody, as far as there are any.
"""

import base64
import json
import string
from collections.abc import Callable
from random import Random
from typing import NamedTuple

ALNUM = string.ascii_letters + string.digits
HANZI = "零一二三四五六七八九"
WIDE = str.maketrans(string.digits + "X", "０１２３４５６７８９Ｘ")


class Specimen(NamedTuple):
    """A piece of text and what it is, if it is personal data."""

    text: str
    kind: str
    technique: str
    other: str = ""
    """A part of it that would be right, too."""


def _digits(random: Random, count: int) -> str:
    return "".join(random.choices(string.digits, k=count))


def _token(random: Random, count: int, characters: str = ALNUM) -> str:
    return "".join(random.choices(characters, k=count))


def _id_number(random: Random) -> str:
    area = random.choice(
        ("110101", "120103", "310104", "320106", "330108", "440305", "510107", "610113", "650102", "810000")
    )
    body = f"{area}{random.randint(1900, 1909)}{random.randint(1, 12):02}{random.randint(1, 28):02}{_digits(random, 3)}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]


def _with_check_digit(body: str) -> str:
    total = 0
    for place, digit in enumerate(map(int, reversed(body))):
        doubled = digit * 2 if place % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return body + str(-total % 10)


def _grouped(number: str, sizes: tuple[int, ...], joint: str) -> str:
    groups, place = [], 0
    for size in sizes:
        groups.append(number[place : place + size])
        place += size
    return joint.join(group for group in groups if group)


def chinese_ids(random: Random) -> Specimen:
    """Make an ID, or something like one."""
    number = _id_number(random)
    wrong_digit = str((int(number[-1]) + random.randint(1, 9)) % 10) if number[-1] != "X" else "3"
    return random.choice(
        (
            Specimen(number, "CN_ID", "id"),
            Specimen(number.lower(), "CN_ID", "id"),
            Specimen(number.translate(WIDE), "CN_ID", "id_wide"),
            Specimen(_grouped(number, (6, 8, 4), " "), "CN_ID", "id_spaced"),
            Specimen(_grouped(number, (6, 4, 4, 4), random.choice(" -")), "CN_ID", "id_spaced"),
            Specimen(number[:9] + "\u200b" + number[9:], "CN_ID", "id_zero_width"),
            Specimen(number[:-1] + wrong_digit, "", "id_bad_checksum"),
            Specimen(_digits(random, 3) + number, "", "id_embedded")
            if number[-1] != "X"
            else Specimen("第十八条", "", "clean"),
            Specimen(_id_with(number, 6, "19001332"), "", "id_bad_date"),
            Specimen(_id_with(number, 0, "990101"), "", "id_bad_area"),
            Specimen(_id_with(number, 6, "20990101"), "", "id_future"),
            Specimen(_id_with(number, 6, "19010229"), "", "id_bad_date"),
        )
    )


def _id_with(number: str, place: int, digits: str) -> str:
    body = (number[:place] + digits + number[place + len(digits) :])[:17]
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]


def mobiles(random: Random) -> Specimen:
    """Make a Chinese mobile number, or something like one."""
    number = (
        random.choice(("130", "135", "139", "150", "158", "166", "176", "177", "188", "199"))
        + "0000"
        + _digits(random, 4)
    )
    code = random.choice(("+86", "+86 ", "+86-", "0086", "86-", "(+86)", "(86) ", "86"))
    return random.choice(
        (
            Specimen(number, "CN_MOBILE", "mobile"),
            Specimen(number, "CN_MOBILE", "mobile"),
            Specimen(code + number, "CN_MOBILE", "mobile_code", number),
            Specimen(_grouped(number, (3, 4, 4), random.choice(" -.")), "CN_MOBILE", "mobile_grouped"),
            Specimen("+86 " + _grouped(number, (3, 4, 4), random.choice(" -")), "CN_MOBILE", "mobile_code"),
            Specimen(number.translate(WIDE), "CN_MOBILE", "mobile_wide"),
            Specimen("\u200b".join((number[:3], number[3:7], number[7:])), "CN_MOBILE", "mobile_zero_width"),
            Specimen("".join(HANZI[int(digit)] for digit in number), "CN_MOBILE", "mobile_hanzi"),
            Specimen(" ".join(number), "CN_MOBILE", "mobile_spaced"),
            Specimen(number + _digits(random, random.randint(1, 7)), "", "mobile_longer"),
            Specimen(random.choice(("10", "11", "12")) + _digits(random, 9), "", "mobile_invalid"),
            Specimen(number[:-1], "", "mobile_shorter"),
            Specimen("0." + number, "", "mobile_fraction"),
            Specimen("a" + number + "f", "", "mobile_in_word"),
        )
    )


def phones(random: Random) -> Specimen:
    """Make a phone number with a country code, or something like one."""
    last = f"01{_digits(random, 2)}"
    return random.choice(
        (
            Specimen(f"+1 202-555-{last}", "PHONE_INTL", "phone"),
            Specimen(f"+1 (212) 555-{last}", "PHONE_INTL", "phone"),
            Specimen(f"+1202555{last}", "PHONE_INTL", "phone"),
            Specimen(f"+44 20 7946 0{_digits(random, 3)}", "PHONE_INTL", "phone"),
            Specimen(f"+44 7700 900{_digits(random, 3)}", "PHONE_INTL", "phone"),
            Specimen(f"+447700900{_digits(random, 3)}", "PHONE_INTL", "phone"),
            Specimen(f"+61 491 570 {random.choice(('006', '156', '157', '158'))}", "PHONE_INTL", "phone"),
            Specimen(f"+33 1 99 00 {_digits(random, 2)} {_digits(random, 2)}", "PHONE_INTL", "phone"),
            Specimen(f"+353 20 913 {_digits(random, 4)}", "PHONE_INTL", "phone"),
            Specimen(f"+49 30 23125 {_digits(random, 3)}", "PHONE_INTL", "phone"),
            Specimen(f"+852 5555 {_digits(random, 4)}", "PHONE_INTL", "phone"),
            Specimen(f"0044 20 7946 0{_digits(random, 3)}", "PHONE_INTL", "phone_00"),
            Specimen(f"+{_digits(random, 3)}", "", "phone_short"),
            Specimen(f"+999 {_digits(random, 8)}", "", "phone_no_country"),
            Specimen(f"+1 202-555-{last}99", "", "phone_long"),
            Specimen(f"+{random.randint(1, 9)}.{_digits(random, 2)}%", "", "phone_percent"),
            Specimen(f"{random.randint(2, 99)}+{_digits(random, 4)}", "", "phone_sum"),
        )
    )


def cards(random: Random) -> Specimen:
    """Make a card's number, or something like one."""
    chinese = _with_check_digit(
        random.choice(("622202", "621226", "622588", "622848", "955880")) + "0000000" + _digits(random, 5)
    )
    visa = _with_check_digit("400000000000" + _digits(random, 3))
    amex = _with_check_digit("370000000" + _digits(random, 5))
    master = _with_check_digit(random.choice(("5100", "5500", "2221", "2720")) + "00000000" + _digits(random, 3))
    number = random.choice((chinese, visa, amex, master, _with_check_digit("6222000000000" + _digits(random, 2))))
    wrong = number[:-1] + str((int(number[-1]) + random.randint(1, 9)) % 10)
    return random.choice(
        (
            Specimen(number, "BANK_CARD", "card"),
            Specimen(number, "BANK_CARD", "card"),
            Specimen(number.translate(WIDE), "BANK_CARD", "card_wide"),
            Specimen(_grouped(visa, (4, 4, 4, 4), random.choice(" -")), "BANK_CARD", "card_grouped"),
            Specimen(_grouped(chinese, (4, 4, 4, 4, 3), " "), "BANK_CARD", "card_grouped"),
            Specimen(_grouped(chinese, (6, 13), " "), "BANK_CARD", "card_grouped"),
            Specimen(_grouped(amex, (4, 6, 5), random.choice(" -")), "BANK_CARD", "card_grouped"),
            Specimen(wrong, "", "card_bad_luhn"),
            Specimen(_grouped(wrong, (4, 4, 4, 4, 4), " "), "", "card_bad_luhn"),
            Specimen(_with_check_digit("4000000000" + _digits(random, 3)), "", "card_bad_length"),
            Specimen(_with_check_digit("10000000000" + _digits(random, 4)), "", "card_no_issuer"),
            Specimen(_with_check_digit("35209900" + _digits(random, 6)), "", "card_imei"),
            Specimen("978" + _digits(random, 10), "", "card_isbn"),
            Specimen(number + _digits(random, 5), "", "card_longer"),
        )
    )


def emails(random: Random) -> Specimen:
    """Make an e-mail address, or something like one."""
    name = random.choice(("alice", "bob.li", "wang_wu", "x+tag", "j-doe", "Zhao.Liu", "info99", "a1"))
    host = random.choice(
        ("example.com", "example.org", "mail.example.net", "example.com.cn", "sub-1.example.co.uk", "a.test")
    )
    return random.choice(
        (
            *[Specimen(f"{name}@{host}", "EMAIL", "email")] * 5,
            Specimen(f"{name.upper()}@{host.upper()}", "EMAIL", "email"),
            Specimen(f"13900001234@{host}", "EMAIL", "email_number"),
            Specimen(f"{name}＠{host.replace('.', '．')}", "EMAIL", "email_wide"),
            Specimen(f"{name}@bücher.example", "EMAIL", "email_idn"),
            Specimen(f"{name}@例子.公司", "EMAIL", "email_idn"),
            Specimen(f"{name} [at] example [dot] {random.choice(('com', 'org'))}", "EMAIL", "email_spelt"),
            Specimen(f"{name}(at)example.com", "EMAIL", "email_spelt"),
            Specimen(f"{name} at example dot com", "EMAIL", "email_spelt"),
            Specimen(f"@{name}", "", "email_mention"),
            Specimen(f"{name}@localhost", "", "email_no_domain"),
            Specimen(f"{name}@@{host}", "", "email_two_signs"),
            Specimen(f"{name}@.com", "", "email_no_domain"),
            Specimen("icon@2x.png", "", "email_file"),
            Specimen(f"lodash@{random.randint(1, 9)}.17.{random.randint(1, 30)}", "", "email_version"),
            Specimen("git@github.com:team/repo.git", "", "email_git"),
            Specimen("@media (max-width: 600px)", "", "email_css"),
        )
    )


def addresses(random: Random) -> Specimen:
    """Make an IP address, or something like one."""
    v4 = random.choice(("192.0.2.", "198.51.100.", "203.0.113.")) + str(random.randint(1, 254))
    low = f"{random.randint(1, 0xFFFF):x}"
    return random.choice(
        (
            *[Specimen(v4, "IPV4", "ipv4")] * 4,
            Specimen(v4.translate(WIDE), "IPV4", "ipv4_wide"),
            Specimen(f"2001:db8::{low}", "IPV6", "ipv6"),
            Specimen(f"2001:DB8:0:{low}::1", "IPV6", "ipv6"),
            Specimen(f"2001:0db8:0000:0000:0000:ff00:0042:{random.randint(0, 0xFFFF):04x}", "IPV6", "ipv6"),
            Specimen(f"fe80::{low}", "IPV6", "ipv6"),
            Specimen(f"::ffff:{v4}", "IPV6", "ipv6_mapped"),
            Specimen(f"version {v4}", "", "ipv4_version"),
            Specimen(f"v{v4}", "", "ipv4_version"),
            Specimen(f"第{random.randint(1, 9)}.{random.randint(1, 9)}.2.1节", "", "ipv4_section"),
            Specimen(f"{v4}.7", "", "ipv4_five"),
            Specimen(v4.rpartition(".")[0] + ".256", "", "ipv4_range"),
            Specimen(v4.rpartition(".")[0], "", "ipv4_three"),
            Specimen(f"{random.randint(0, 23):02}:{random.randint(0, 59):02}:30", "", "ipv6_time"),
            Specimen(":".join(_token(random, 2, "0123456789abcdef") for _ in range(6)), "", "ipv6_mac"),
            Specimen(
                random.choice(("std::vector", "a::b", "Foo::Bar::baz", "x[1::2]", "dead::beef::1", "fmt::{}")),
                "",
                "ipv6_code",
            ),
            Specimen("2001:db8::1::2", "", "ipv6_two_gaps"),
            Specimen("2001:db8:1:2:3:4:5:6:7", "", "ipv6_nine"),
        )
    )


def keys(random: Random) -> Specimen:
    """Make an API key, or something like one."""
    return random.choice(
        (
            Specimen("sk-" + _token(random, 48), "API_KEY", "key"),
            Specimen("sk-proj-" + _token(random, 60, ALNUM + "_-") + "a", "API_KEY", "key"),
            Specimen("sk-ant-api03-" + _token(random, 90, ALNUM + "_-") + "A", "API_KEY", "key"),
            Specimen("ghp_" + _token(random, 36), "API_KEY", "key"),
            Specimen("github_pat_" + _token(random, 22) + "_" + _token(random, 59), "API_KEY", "key"),
            Specimen(f"xoxb-{_digits(random, 11)}-{_digits(random, 11)}-{_token(random, 24)}", "API_KEY", "key"),
            Specimen("AKIA" + _token(random, 16, string.ascii_uppercase + "234567"), "API_KEY", "key"),
            Specimen("AIza" + _token(random, 34) + "a", "API_KEY", "key"),
            Specimen("glpat-" + _token(random, 20), "API_KEY", "key"),
            Specimen("hf_" + _token(random, 34), "API_KEY", "key"),
            Specimen("sk_test_" + _token(random, 24), "API_KEY", "key"),
            Specimen(f"{_digits(random, 9).replace('0', '1')}:{_token(random, 35)}", "API_KEY", "key_telegram"),
            Specimen("sk-", "", "key_prefix"),
            Specimen("ghp_" + _token(random, 12), "", "key_short"),
            Specimen("AKIA" + _token(random, 6, string.ascii_uppercase), "", "key_short"),
            Specimen("sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxx", "", "key_placeholder"),
            Specimen("commit " + _token(random, 40, "0123456789abcdef"), "", "key_hash"),
            Specimen("550e8400-e29b-41d4-a716-" + _token(random, 12, "0123456789abcdef"), "", "key_uuid"),
            Specimen("data:image/png;base64," + _token(random, 60), "", "key_base64"),
            Specimen("api_key = os.environ['MY_API_KEY_NAME']", "", "key_code"),
            Specimen("token = YOUR_ACCESS_TOKEN_HERE", "", "key_placeholder"),
        )
    )


def named_keys(random: Random) -> Specimen:
    """Make a value with a secret's name before it; the name is no part of the key."""
    name = random.choice(
        (
            "api_key=",
            "API_KEY: ",
            "secret_key = ",
            "access_token: ",
            "client_secret=",
            "apiKey: ",
            "密钥：",
            "api key is ",
        )
    )
    value = random.choice(
        (_token(random, 32), _token(random, 40, ALNUM + "/+"), _token(random, 32, "0123456789abcdef"))
    )
    return Specimen(name + value, "API_KEY", "key_named", value)


def tokens(random: Random) -> Specimen:
    """Make a JWT, or something like one."""

    def part(content: str) -> str:
        return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    header = part(json.dumps({"alg": random.choice(("HS256", "RS256", "ES256")), "typ": "JWT"}))
    payload = part(json.dumps({"sub": _digits(random, 6), "name": "FAKEexample"}))
    signature = _token(random, random.choice((22, 43, 86)), ALNUM + "_-")
    return random.choice(
        (
            *[Specimen(f"{header}.{payload}.{signature}", "JWT", "jwt")] * 4,
            Specimen(f"{header}.{part('no json')}.{signature[:10]}", "", "jwt_no_json"),
            Specimen("eyJub3QganNvbg.eyJub3QganNvbg.abc", "", "jwt_no_json"),
            Specimen(header, "", "jwt_one_part"),
        )
    )


def private_keys(random: Random) -> Specimen:
    """Make a private key, whole or cut, or another PEM block."""
    name = random.choice(("RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED "))
    body = "\n".join(_token(random, 64, ALNUM + "+/") for _ in range(random.randint(1, 6)))
    return random.choice(
        (
            *[
                Specimen(
                    f"-----BEGIN {name}PRIVATE KEY-----\n{body}\n-----END {name}PRIVATE KEY-----", "PRIVATE_KEY", "pem"
                )
            ]
            * 3,
            Specimen(f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----", "", "pem_public"),
            Specimen(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----", "", "pem_public"),
            Specimen("-----BEGIN PRIVATE KEY----- 开头", "", "pem_mention"),
        )
    )


MAKERS: tuple[Callable[[Random], Specimen], ...] = (
    chinese_ids,
    mobiles,
    phones,
    cards,
    emails,
    addresses,
    keys,
    named_keys,
    tokens,
    private_keys,
)
