"""What of personal data a stream lets through, wherever its pieces are cut: nothing."""

import base64
import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from glmbot.safety.pii.finding import find
from glmbot.safety.pii.spans import redact
from glmbot.safety.pii.stream import StreamRedactor

SPECIMENS = [
    "13912345678",
    "139 1234 5678",
    "+86 139-1234-5678",
    "(+86)13912345678",
    "幺三九幺二三四五六七八",
    "139\u200b1234\u200b5678",
    "11010519001231000X",
    "110105 19001231 000X",
    "4111 1111 1111 1111",
    "6222020000000000018",
    "+1 (202) 555-0143",
    "alice@example.com",
    "o'brien@example.com",
    '"alice"@example.com',
    "张三@例子.中国",
    "alice [at] example [dot] com",
    "alice at example dot com",
    "192.0.2.7",
    "2001:db8::1",
    "::ffff:192.0.2.7",
    "sk-Ab12Cd34Ef56Gh78Ij90Kl",
    "ghp_Ab12Cd34Ef56Gh78Ij90Kl12Mn34Op56Qr78",
    "api_key = Ab12Cd34Ef56Gh78",
    "123456789:Ab12Cd34Ef56Gh78Ij90Kl12Mn34Op56Qr7",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "-----BEGIN EC PRIVATE KEY-----\nQWJDZEVmR2hJagABCg==\n-----END EC PRIVATE KEY-----",
]
FRAGMENTS = [
    *SPECIMENS,
    "手机",
    "版本",
    "version ",
    "订单号",
    "token: ",
    "1.2.3.4",
    "v",
    "2024-05-17",
    " 12:30",
    "std::vector",
    "@alice",
    "call ",
    "OK",
    "，",
    "。",
    " ",
    "\n",
    ", ",
    ". ",
    "/",
    "-",
    "(",
    ")",
    ":",
    "+",
    "😀",
    "x",
    "一",
    "零",
    "7",
    "\u200b",
    "'",
    '"',
    "-----",
    "at",
    " dot ",
]


def cut(text: str, sizes: list[int]) -> list[str]:
    """Cut a text into pieces of these sizes, over and over."""
    pieces: list[str] = []
    place = 0
    while place < len(text):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(text[place : place + size])
        place += size
    return pieces


def stream(pieces: list[str]) -> list[str]:
    """Send pieces through a new redactor; return what came out for each and at the end."""
    redactor = StreamRedactor()
    return [*map(redactor.add, pieces), redactor.finish()]


@pytest.mark.parametrize("specimen", SPECIMENS)
@pytest.mark.parametrize("frame", ["{}", "to {} !", "我的是{}，谢谢。", "two {}\n{}"])
def test_nothing_is_shown_at_any_cut(specimen: str, frame: str) -> None:
    text = frame.format(specimen, specimen)
    expected = redact(text, find(text))
    assert "[" in expected
    for first in range(len(text) + 1):
        for second in (first, first + 1, first + 7):
            assert "".join(stream([text[:first], text[first:second], text[second:]])) == expected
    assert "".join(stream(list(text))) == expected


@given(
    st.lists(st.tuples(st.sampled_from(FRAGMENTS), st.sampled_from(["", " ", "，", "\n", "; "])), max_size=12),
    st.lists(st.integers(1, 9), min_size=1),
)
@settings(max_examples=1500, deadline=None)
def test_the_cuts_make_no_difference(fragments: list[tuple[str, str]], sizes: list[int]) -> None:
    text = "".join(fragment + joint for fragment, joint in fragments)
    whole = redact(text, find(text))
    shown = "".join(stream(cut(text, sizes)))
    assert shown == whole or len(longest_word(text)) > 64


def longest_word(text: str) -> str:
    """Return the longest row of characters without a space: beyond the hold-back, a stream is stricter than a text."""
    return max(text.replace("，", " ").replace("；", " ").split() or [""], key=len)


@given(st.lists(st.sampled_from(FRAGMENTS[len(SPECIMENS) :]), max_size=60), st.lists(st.integers(1, 9), min_size=1))
@settings(max_examples=500, deadline=None)
def test_no_more_than_96_characters_are_held_back(fragments: list[str], sizes: list[int]) -> None:
    text = " ".join(fragments)
    assume(not find(text))
    redactor = StreamRedactor()
    num_held = 0
    for piece in cut(text, sizes):
        num_held += len(piece) - len(redactor.add(piece))
        assert num_held <= 96


@given(st.lists(st.text(max_size=8)))
@settings(max_examples=500, deadline=None)
def test_any_stream_can_be_read(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert "".join(stream(pieces)) == redact(text, find(text))


def test_clean_text_is_shown_soon() -> None:
    text = "好的，我来解释：快速排序先选一个基准，再分成两边。"
    text += "Sure, the meeting is on Monday, and we need 3 reports of 25 pages each. "
    redactor = StreamRedactor()
    held = 0
    for character in text * 3:
        held += 1 - len(redactor.add(character))
        assert held <= 24


@pytest.mark.parametrize("size", [1, 3, 10, 1000])
def test_a_long_private_key_is_swallowed(size: int) -> None:
    body = "\n".join(["QWJDZEVmR2hJagABCg" * 3] * 20)
    key = f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----"
    assert "".join(stream(cut(f"a\n{key}\nb 13912345678!", [size]))) == "a\n[PRIVATE_KEY]\nb [CN_MOBILE]!"
    assert "".join(stream(cut(f"a\n{key[:-30]}", [size]))) == "a\n[PRIVATE_KEY]"


@pytest.mark.parametrize("size", [1, 3, 10, 1000])
def test_long_tokens_are_swallowed(size: int) -> None:
    payload = base64.urlsafe_b64encode(json.dumps({"sub": "x" * 300}).encode()).decode().rstrip("=")
    token = f"eyJhbGciOiJIUzI1NiJ9.{payload}.{'c2ln' * 40}"
    key = "sk-" + "Ab12Cd34" * 30
    value = "Ab12Cd34." * 20 + "z"
    address = f"alice@{'sub.' * 30}example.com"
    for text, expected in (
        (f"t {token}. b", "t [JWT]. b"),
        (f"t {key}. b", "t [API_KEY]. b"),
        (f"token = {value}. b", "token = [API_KEY]. b"),
        (f"to {address}. b", "to [EMAIL]. b"),
        (f"to {address}", "to [EMAIL]"),
    ):
        assert "".join(stream(cut(text, [size]))) == expected


def test_invisible_characters_do_not_push_a_number_out() -> None:
    text = "a " + ("\u200b" * 30).join("13912345678") + " b"
    shown = "".join(stream(list(text)))
    assert shown.replace("\u200b", "") == "a [CN_MOBILE] b"


@pytest.mark.parametrize(
    "text",
    ["1" * 500, "@" * 500, "a" * 500, "1 " * 300, "一" * 500, "a@" * 300, ":" * 500, "." * 500, "-" * 500],
)
def test_endless_beginnings_come_out_unchanged(text: str) -> None:
    assert "".join(stream(cut(text, [7]))) == text


@pytest.mark.parametrize(
    "key", ["sk-" + "aB3xQ9zK" * 17, "sk-" + "aB3xQ9zK" * 4, "api_key=" + "q7Rt9wLp" * 18, "ghp_" + "aB3xQ9" * 6]
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
def test_a_private_key_right_behind_another_key_does_not_leak(key: str, size: int) -> None:
    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
    text = f"see {key}-----BEGIN PRIVATE KEY-----\n{body}\n{body}\n-----END PRIVATE KEY----- done"
    redactor = StreamRedactor()
    pieces = [text[place : place + size] for place in range(0, len(text), size)]
    shown = "".join([redactor.add(piece) for piece in pieces]) + redactor.finish()
    assert shown.startswith("see ")
    assert shown.endswith("[API_KEY][PRIVATE_KEY] done")
