"""Tests the lines of the IRC protocol: what is read, and that nothing written can be read as more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmbot.adapters.irc_line import MAX_LINE, Line, LineReader, Source, decode, line_of, parse
from glmbot.adapters.irc_names import ServerTraits, is_target, other_nicks


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"PING :a b", Line("PING", ("a b",))),
        (b":irc.net 001 me :Hi", Line("001", ("me", "Hi"), Source("irc.net"))),
        (b":ann!a@h PRIVMSG #a ::)", Line("PRIVMSG", ("#a", ":)"), Source("ann", "a@h"))),
        (b":ann!a@h privmsg #a  word", Line("PRIVMSG", ("#a", "word"), Source("ann", "a@h"))),
        (b":ann!a@h PRIVMSG #a :", Line("PRIVMSG", ("#a", ""), Source("ann", "a@h"))),
        (rb"@a=x\sy\:\\z;b;c= :s PING k", Line("PING", ("k",), Source("s"), {"a": "x y;\\z", "b": "", "c": ""})),
        (b"@+draft/x;y=1\\ PING", Line("PING", (), Source(""), {"+draft/x": "", "y": "1"})),
        (b":s NOTICE * :a\0b\rc", Line("NOTICE", ("*", "abc"), Source("s"))),
        (b"X " + b"p " * 40, Line("X", ("p",) * 15)),
    ],
)
def test_lines_are_read_as_the_protocol_says(raw: bytes, line: Line) -> None:
    """Sources, tags with their escapes, trailing parameters, and what servers get wrong."""
    assert parse(raw) == line


@pytest.mark.parametrize("raw", [b"", b"   ", b":only.source", b"@tag", b"@t=1 :s ", b"\0\0", b":"])
def test_what_says_nothing_is_no_line(raw: bytes) -> None:
    """A line without a command is passed over."""
    assert parse(raw) is None


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    """Whatever comes is a line or none."""
    line = parse(raw)
    assert line is None or line.command


@pytest.mark.parametrize(
    ("raw", "text"),
    [("你好".encode(), "你好"), ("你好".encode()[:-1], "你"), ("grün".encode("latin-1"), "grün"), (b"\xff\xfe", "ÿþ")],
)
def test_text_of_cut_and_old_clients_is_readable(raw: bytes, text: str) -> None:
    """A character that the server cut in two is dropped; what is no UTF-8 is Latin-1."""
    assert decode(raw) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4))
def test_whatever_is_written_is_one_line_with_these_parameters_or_none(parameters: list[str]) -> None:
    """No parameter becomes another command, or two parameters."""
    try:
        raw = line_of("PRIVMSG", *parameters)
    except ValueError:
        return
    assert raw.endswith(b"\r\n")
    assert not set(raw[:-2]) & set(b"\r\n\0")
    head, colon, last = raw[:-2].decode().partition(" :")
    middle = head.split(" ")[1:]
    assert ([*middle, last] if colon else middle) == parameters


@pytest.mark.parametrize("bad", ["a b", "", ":a", "a\r\nQUIT", "a\nQUIT", "a\0"])
def test_a_parameter_that_would_be_more_is_refused(bad: str) -> None:
    """The last gate raises rather than write it."""
    with pytest.raises(ValueError, match="parameter"):
        line_of("PRIVMSG", bad, "text")


def test_lines_come_out_of_any_chunks() -> None:
    """The network cuts where it likes; a bare line feed ends a line, too."""
    reader = LineReader()
    chunks = [b"PI", b"NG :a\r", b"\nPONG", b" b\nX\r\n", b"tail"]
    assert [line for chunk in chunks for line in reader.feed(chunk)] == [b"PING :a", b"PONG b", b"X"]


def test_a_line_that_never_ends_is_not_kept() -> None:
    """What is too long is left out, and what comes after it is read."""
    reader = LineReader()
    for _ in range(50):
        assert reader.feed(b"x" * MAX_LINE) == []
        assert len(reader._tail) <= MAX_LINE
    assert reader.feed(b"x\r\nPING a\r\n") == [b"PING a"]
    assert reader.feed(b"y" * (MAX_LINE + 1) + b"\nPING b\n") == [b"PING b"]


@pytest.mark.parametrize(
    ("mapping", "name", "folded"),
    [
        ("ascii", "Ann[^", "ann[^"),
        ("rfc1459", "Ann[]\\^", "ann{}|~"),
        ("strict-rfc1459", "Ann[]\\^", "ann{}|^"),
        ("rfc7613", "ÄNN", "änn"),
        ("ascii", "ÄNN", "Änn"),
    ],
)
def test_names_are_compared_as_the_server_does(mapping: str, name: str, folded: str) -> None:
    """ISUPPORT's CASEMAPPING says which names are the same."""
    assert ServerTraits().after([f"CASEMAPPING={mapping}"]).folded(name) == folded


def test_isupport_is_read_and_nonsense_in_it_ignored() -> None:
    """What is absurd changes nothing."""
    traits = ServerTraits().after(["LINELEN=1024", "CHANTYPES=#", "STATUSMSG=@+", "BOT=B", "X", "=", ""])
    assert traits == ServerTraits("rfc1459", "#", "@+", 1024, "B")
    assert traits.after(["LINELEN=99999999999", "LINELEN=x", "BOT=", "LINELEN"]) == traits
    assert traits.after(["LINELEN=1"]).max_line == 512


@pytest.mark.parametrize(
    ("target", "is_one"), [("#a", True), ("ann", True), ("@#a", True), ("a,b", False), ("", False)]
)
def test_a_target_is_one_place(target: str, is_one: bool) -> None:
    """A comma, a space or a line's end would make more of it."""
    assert is_target(target) is is_one
    assert not any(is_target(f"{target}{bad}") for bad in (" x", ",x", "\r\nQUIT", "\n", "\0", "\x07"))
    assert not is_target(f":{target}")


def test_other_nicks_fit_any_server() -> None:
    """Nine characters are what every server allows."""
    assert other_nicks("glmbot")[:2] == ["glmbot_", "glmbot_1"]
    assert max(map(len, other_nicks("averylongnick"))) == 9
    assert "averylongnick" not in other_nicks("averylongnick")
