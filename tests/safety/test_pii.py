"""What is found of personal data in a text, and what is left alone."""

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmbot.safety.pii.finding import find
from glmbot.safety.pii.spans import PiiKind, Span, redact

FOUND = {
    PiiKind.CN_ID: [
        "身份证‹110105190012310018›",
        "ID number ‹11010519001231000X›.",
        "我的号码‹１１０１０５１９００１２３１０００Ｘ›请核对",
        "‹110105 19001231 000x›",
        "‹110105-1900-1231-000X›，谢谢",
        "（‹110105\u200b19001231000X›）",
        "‹11010519001231000X›请保密",
    ],
    PiiKind.CN_MOBILE: [
        "手机‹13912345678›微信同号",
        "‹13912345678›/‹13812345678›",
        "‹139 1234 5678›",
        "‹139-1234-5678›。",
        "tel‹13912345678›",
        "‹+86 139-1234-5678›",
        "‹(+86)13912345678›",
        "(‹+86 13912345678›)",
        "‹（86）13912345678›",
        "‹008613912345678›",
        "‹+86 (139) 1234 5678›",
        "‹１３９１２３４５６７８›",
        "‹＋８６　１３９１２３４５６７８›",
        "‹①③⑨①②③④⑤⑥⑦⑧›",
        "‹13912345678›QQ同号",
        "vx‹13912345678›",
        "‹139 1234 5678› ‹138 1234 5678›",
        "‹139\u200b1234\u200b5678›",
        "电话‹幺三九幺二三四五六七八›",
        "电话‹一3九12三45六78›",
        "‹1 3 9 1 2 3 4 5 6 7 8›",
        "tel‹1 3 9 1 2 3 4 5 6 7 8›!",
        "UTC+8 ‹13912345678›",
        "‹13912345678›-‹13812345678›",
    ],
    PiiKind.PHONE_INTL: [
        "‹+1 202-555-0143›",
        "‹+12025550143›!",
        "(‹+1 (202) 555-0143›)",
        "‹+44 (0)20 7946 0018›",
        "‹(+44) 20 7946 0018›",
        "‹0044 20 7946 0018›",
        "‹+81 90-0000-1234›",
        "‹+1 310-555-0143› 100 people",
        "‹+13105550143›",
        "‹+86 10 6552 9988›",
    ],
    PiiKind.BANK_CARD: [
        "卡号‹4111111111111111›",
        "‹4111 1111 1111 1111›, thanks",
        "‹3782-822463-10005›",
        "‹6222020000000000018›户名",
        "‹6222 0200 0000 0000 018›",
        "‹622202 0000000000018›",
        "‹４１１１１１１１１１１１１１１１›",
        "‹30569309025904›",
    ],
    PiiKind.EMAIL: [
        "mail ‹alice@example.com›.",
        "请联系‹alice@example.com›谢谢",
        "<‹alice+tag@mail.example.co.uk›>",
        "mailto:‹alice@example.com›?subject=hi",
        "'‹alice@example.com›'",
        '‹"alice.b"@example.com›',
        "‹o'brien@example.com›",
        "‹alice＠example．com›",
        "‹alice@例子.公司›的邮箱",
        "邮箱：‹张三@例子.中国›",
        "‹alice@bücher.example›",
        "‹13912345678@example.com›",
        "‹alice@example.com›.Then we met",
        "‹alice [at] example [dot] com›",
        "‹alice(at)example.com›",
        "‹alice艾特example点com›",
        "‹alice @ example . com› ok",
        "‹alice at example dot com› please",
        "to=‹alice@example.com›&x=1",
        "see...‹alice@example.com›",
        "‹ａｌｉｃｅ@example.com›",
    ],
    PiiKind.IPV4: [
        "ping ‹192.0.2.7› failed",
        "服务器是‹192.0.2.7›",
        "http://‹192.0.2.7›:8080/",
        "‹192.0.2.0›/24",
        "‹192.0.2.7›.",
        "‹192.0.2.7›-‹192.0.2.9›",
        "IP‹192.0.2.7›",
        "‹１９２．０．２．７›",
    ],
    PiiKind.IPV6: [
        "addr ‹2001:db8::1› up",
        "http://[‹2001:db8::beef:1›]:80/",
        "addr:‹2001:DB8::1›/64",
        "‹2001:db8::1›: timed out",
        "‹fe80::1›%eth0",
        "‹::ffff:192.0.2.7›",
        "‹2001:0db8:0000:0000:0000:ff00:0042:8329›",
    ],
    PiiKind.API_KEY: [
        "‹sk-Ab12Cd34Ef56Gh78Ij90Kl›",
        "key ‹ghp_Ab12Cd34Ef56Gh78Ij90Kl12Mn34Op56Qr78›",
        "‹AKIAQWERTYUIOPASDFGH›",
        "‹xoxb-123456789-AbCdEf12›",
        "‹glpat-Ab12Cd34Ef56Gh78Ij90›",
        'api_key = "‹Ab12Cd34Ef56Gh78›"',
        '{"client_secret": "‹Ab12Cd34Ef56Gh78›"}',
        "密钥是‹Ab12Cd34Ef56Gh78›。",
        "Authorization: Bearer ‹Ab12Cd34Ef56Gh78›",
        "aws_secret_access_key = ‹Ab12Cd34/Ef56Gh78+Ij90Kl12Mn34Op56Qr78St›",
        "‹123456789:Ab12Cd34Ef56Gh78Ij90Kl12Mn34Op56Qr7›",
        "‹0123456789abcdef0123456789abcdef.Ab12Cd34Ef56Gh78›",
    ],
    PiiKind.JWT: [
        "‹eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl›.",
        "token: ‹eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl›",
        "‹eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.›",
    ],
    PiiKind.PRIVATE_KEY: [
        "私钥：\n‹-----BEGIN RSA PRIVATE KEY-----\nQWJDZEVmR2hJagABCg==\n-----END RSA PRIVATE KEY-----›\n收好",
        "‹-----BEGIN OPENSSH PRIVATE KEY-----\\nQWJDZEVmR2hJagABCg==\\n-----END OPENSSH PRIVATE KEY-----›",
        "cut: ‹-----BEGIN PRIVATE KEY-----\nQWJDZEVmR2hJagABCg==\nQWJD›",
        "‹-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nQWJDZEVm\n-----END RSA PRIVATE KEY-----›",
    ],
}
LEFT_ALONE = [
    "110105190012310019",
    "990105190012310011",
    "110105190013310001",
    "3110105190012310018",
    "11010519001231000Xabc",
    "12812345678",
    "13900000000元",
    "$13900000000",
    "SN110105190012310018",
    "139123456789",
    "1391234567",
    "20240517139123456",
    "0.13912345678",
    "3.14159265358",
    "a13912345678f",
    "订单号13912345678",
    "时间戳1700000000000",
    "+86 12812345678",
    "1 2 3 4 5 6 7 8 9 10 11 12",
    "2024-05-17 12:30:45",
    "+12",
    "+1 23 45",
    "+999 12345678",
    "2+12025550143",
    "001122334455667788",
    "C++ 2023 2024 2025",
    "4111111111111112",
    "41111111111111111111",
    "IMEI 490154203237518",
    "9780306406157",
    "order id: 4111111111111111",
    "@alice",
    "alice@localhost",
    "alice@@example.com",
    "icon@2x.png",
    "left-pad@1.3.0",
    "git@github.com:a/b.git",
    "a..b@example.com",
    "@alice@social.example",
    "https://alice:pass@example.com/",
    "meet @ noon",
    "look at example dot com",
    "y = x@w.transpose()",
    "我的是@Zhao.Liu",
    "alice@example..com",
    "version 1.2.3.4",
    'sections "8.2.4.44',
    "§ 8.1.2.4",
    "1.2.3.4-beta",
    "升级至1.2.3.4",
    "255.255.255.0",
    "0.255.255.255",
    "v1.2.3.4",
    "1.2.3.4.5",
    "256.300.1.2",
    "第1.2.3.4节",
    "版本1.2.3.4",
    "Chrome/120.0.0.0",
    "127.0.0.1",
    "01.02.03.04",
    "12:30:45",
    "std::vector::iterator",
    "a::b",
    "x[1::2]",
    "::",
    "00:1a:2b:3c:4d:5e",
    "2001:db8::1::2",
    "dead::beef",
    "sk-",
    "sk-image-processing-tutorial",
    "ghp_short1",
    "AKIA123",
    "OPENAI_API_KEY=<YOUR_API_KEY>",
    "api_key = os.environ['API_KEY_2']",
    "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "550e8400-e29b-41d4-a716-446655440000",
    "eyJhbGciOiJIUzI1NiJ9.bm8ganNvbg.c2ln",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0",
    "max_tokens: 4096",
    "-----BEGIN PRIVATE KEY----- 开头",
    "it begins with -----BEGIN RSA PRIVATE KEY----- followed by base64",
    "-----BEGIN PUBLIC KEY-----\nQWJDZEVmR2hJagABCg==\n-----END PUBLIC KEY-----",
    "今天天气不错，我们去公园吧。",
    "价格是1,299.00元",
    "一二三四五六七八九十",
    "QQ群123456789",
    "ISBN 978-7-111-40701-0",
]


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the text without the marks, and the places that they marked."""
    places: list[tuple[int, int]] = []
    bare = ""
    for part in re.split("(‹[^›]*›)", text):
        if part.startswith("‹"):
            part = part[1:-1]
            places.append((len(bare), len(bare) + len(part)))
        bare += part
    return bare, places


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in FOUND.items() for text in texts])
def test_exactly_the_personal_data_is_found(kind: PiiKind, text: str) -> None:
    bare, places = marked(text)
    assert find(bare) == [Span(start, end, kind) for start, end in places]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert find(text) == []


def test_every_kind_is_tried() -> None:
    assert set(FOUND) == set(PiiKind)


def test_several_kinds_stand_beside_each_other() -> None:
    text = "张三，139 1234 5678，11010519001231000X，alice@example.com，4111111111111111；192.0.2.7 😀 2001:db8::1"
    assert redact(text, find(text)) == "张三，[CN_MOBILE]，[CN_ID]，[EMAIL]，[BANK_CARD]；[IPV4] 😀 [IPV6]"


def test_an_id_that_is_a_card_too_counts_as_an_id() -> None:
    number = "620102190001010007"  # also has a Luhn sum, and begins like a UnionPay card
    numbers = [number[:14] + f"{last:04}" for last in range(10_000)]
    both = [candidate for candidate in numbers if {span.kind for span in find(candidate)} == {PiiKind.CN_ID}]
    assert len(both) > 800
    assert not any(span.kind is PiiKind.BANK_CARD for candidate in numbers for span in find(candidate))


def test_nobody_is_born_tomorrow() -> None:
    def kinds(birthday: date) -> set[PiiKind]:
        return {span.kind for last in range(11) for span in find(f"110105{birthday:%Y%m%d}00{'0123456789X'[last]:0>2}")}

    assert PiiKind.CN_ID in kinds(date.today())
    assert PiiKind.CN_ID not in kinds(date.today() + timedelta(days=1))


@given(
    st.text(max_size=60),
    st.lists(st.sampled_from(sorted({marked(t)[0] for ts in FOUND.values() for t in ts})), max_size=3),
)
@settings(max_examples=500, deadline=None)
def test_all_outside_the_spans_stays_as_it_is(text: str, specimens: list[str]) -> None:
    text = text.join(["", *specimens, ""])
    spans = find(text)
    expected = text
    for span in reversed(spans):
        expected = f"{expected[: span.start]}[{span.kind}]{expected[span.end :]}"
    assert redact(text, spans) == expected
    assert all(first.end <= second.start for first, second in pairwise(spans))


@given(st.text(max_size=200))
@settings(max_examples=500, deadline=None)
def test_any_text_can_be_read(text: str) -> None:
    for span in find(text):
        assert 0 <= span.start < span.end <= len(text)


@given(st.text("0123456789 -.+@:xXeyJab一二〇/()\u200b", max_size=120))
@settings(max_examples=500, deadline=None)
def test_any_row_of_signs_can_be_read(text: str) -> None:
    assert find(text) == find(text)
    assert all(text[span.start : span.end].strip() for span in find(text))


def test_a_redacted_text_has_no_personal_data_left() -> None:
    for texts in FOUND.values():
        for text in texts:
            bare, _ = marked(text)
            assert find(redact(bare, find(bare))) == []
