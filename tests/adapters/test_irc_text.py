"""Tests the text of IRC messages: formatting, who is called, and what fits on a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmbot.adapters.irc_names import ServerTraits
from glmbot.adapters.irc_text import as_command, lines_of, names, said, without_call

TRAITS = ServerTraits()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("\x02bold\x02 \x1ditalic\x1d \x1funder\x1f \x11mono\x11 \x1estrike\x1e \x16turned\x0f", None),
        ("\x0304,12red\x03 \x033green \x03,5", "red green ,5"),
        ("\x0312345", "345"),
        ("\x04ff0000hex\x04", "hex"),
        ("\x01ACTION waves\x01", "waves"),
        ("\x01ACTION waves", "waves"),
        ("a\0b\x01c\x7f\x1b[31m", "abc[31m"),
        (" \x02 \x02 ", ""),
    ],
)
def test_formatting_is_taken_out(text: str, expected: str | None) -> None:
    """Colours, and signs for style, are nothing that was said."""
    assert said(text) == (expected if expected is not None else "bold italic under mono strike turned")


@pytest.mark.parametrize("text", ["\x01VERSION\x01", "\x01PING 1\x01", "\x01DCC SEND a 1 2 3\x01", "\x01\x01", "\x01"])
def test_requests_between_programs_are_not_said(text: str) -> None:
    """CTCP is not answered, whatever it asks."""
    assert not said(text)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("glmbot: hello", "hello"),
        ("GLMbot, hello", "hello"),
        ("@glmbot hello", "hello"),
        ("@glmbot: hello", "hello"),
        ("glmbot : hello", "hello"),
        ("glmbot:", "glmbot:"),
        ("glmbot hello", None),
        ("@glmbots hello", None),
        ("glmbot2: hello", None),
        ("hello glmbot: x", None),
    ],
)
def test_a_call_is_cut_out(text: str, rest: str | None) -> None:
    """Only where the text begins with the nick and a sign that it is meant."""
    assert without_call(text, "glmbot", TRAITS) == rest


def test_a_call_is_found_by_the_servers_own_rules() -> None:
    """With rfc1459, [ and { are the same letter; with ASCII they are not, and both are no pattern."""
    assert without_call("bot{x}: hi", "Bot[x]", TRAITS) == "hi"
    assert without_call("bot{x}: hi", "Bot[x]", ServerTraits("ascii")) is None
    assert without_call("botx: hi", "Bot[x]", ServerTraits("ascii")) is None


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("ask glmbot!", True),
        ("GLMBOT", True),
        ("(glmbot)", True),
        ("问glmbot", False),
        ("问 glmbot？", True),
        ("glmbots", False),
        ("my-glmbot", False),
        ("glmbot_", False),
        ("x", False),
    ],
)
def test_a_name_counts_as_a_word(text: str, is_named: bool) -> None:
    """Not as a part of another nick."""
    assert names(text, "glmbot", TRAITS) is is_named


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("!help", "/help"),
        ("/help", "/help"),
        ("!Help me  now", "/Help me  now"),
        ("!weather", None),
        ("/etc/passwd", None),
        ("help", None),
        ("!", None),
        ("", None),
    ],
)
def test_known_commands_may_begin_with_an_exclamation_mark(text: str, command: str | None) -> None:
    """Others are left to other bots."""
    assert as_command(text, {"help"}) == command


@given(st.text(), st.integers(20, 80))
def test_every_line_fits_and_begins_no_other(text: str, max_bytes: int) -> None:
    """What the model or a user writes is text and nothing else: no line's end, no null, no CTCP, no surrogate."""
    for line in lines_of(text, max_bytes):
        assert line.strip()
        assert len(line.encode()) <= max_bytes
        assert not set("\r\n\0\x01") & set(line)


@given(st.text(st.sampled_from("ab你好😀\n \u0301\u200d\U0001f3fd")), st.integers(20, 80))
def test_nothing_that_can_be_seen_is_lost(text: str, max_bytes: int) -> None:
    """All characters arrive in order, but for spaces at the ends of lines."""
    assert "".join("".join(lines_of(text, max_bytes)).split()) == "".join(text.split())


def test_a_line_is_cut_at_spaces_and_never_in_a_character_with_its_marks() -> None:
    """A skin tone, a joined family or an accent stay with what they belong to."""
    assert list(lines_of("aaaa bbbb cccc", 10)) == ["aaaa bbbb", "cccc"]
    assert list(lines_of("中中中中中中👍🏽", 22)) == ["中中中中中中", "👍🏽"]
    assert list(lines_of("中中中中👩\u200d👩", 20)) == ["中中中中", "👩\u200d👩"]
