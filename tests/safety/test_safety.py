"""What of a reply is shown, and what is told of it."""

from collections.abc import AsyncGenerator

import pytest

from glmbot.events import Attachment, AttachmentKind, Chat, ChatKind, MessageEvent, Sender
from glmbot.reply import Reply
from glmbot.safety.pii.spans import PiiKind
from glmbot.safety.policies import Policies
from glmbot.safety.rule import ANYWHERE, Kind, Level, Rule, Scope
from glmbot.safety.safety import Safety
from glmbot.verdicts import Action, Direction, Verdict
from tests.safety.fixed import BOTH, Fixed, words

CARD = "4111 1111 1111 1111"


def pii(action: Action, *kinds: PiiKind) -> Rule:
    """Return a rule about personal data."""
    return Rule("p", Kind.PII, "test", Level.LOW, action, BOTH, pii=frozenset(kinds))


async def said(text: str, size: int) -> AsyncGenerator[str]:
    """Yield a text in pieces."""
    for place in range(0, len(text), size):
        yield text[place : place + size]


async def shown(text: str, *rules: Rule, size: int = 3, scope: Scope = ANYWHERE) -> tuple[str, Reply]:
    """Return what is shown of a reply, and the reply."""
    reply = Safety(Fixed(Policies(rules)), []).guard(Reply(said(text, size)), scope)
    return "".join([piece async for piece in reply]), reply


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 100])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one gizmo two gizmo, g-i-z-m-o", "one thing two thing, thing"),
        ("gizmo", "thing"),
        ("gizmos gizmology", "gizmos gizmology"),
        ("红色气球，紅色氣球", "thing，thing"),
        ("x" * 90 + " gizmo " + "y" * 90, "x" * 90 + " thing " + "y" * 90),
    ],
)
async def test_a_term_is_replaced_while_the_answer_streams(text: str, expected: str, size: int) -> None:
    rule = words("w", Action.REPLACE, "gizmo", "红色气球", replacement="thing")
    text_shown, reply = await shown(text, rule, size=size)
    assert text_shown == expected
    assert reply.blocked_by is None
    assert len(reply.findings) == expected.count("thing")


@pytest.mark.parametrize("size", [1, 4, 100])
async def test_a_block_ends_what_a_replacement_lets_go_on(size: int) -> None:
    rules = [words("r", Action.REDACT, "gizmo"), words("b", Action.BLOCK, "sesame")]
    text_shown, reply = await shown("a gizmo and sesame, more", *rules, size=size)
    assert "a […] and ".startswith(text_shown)
    assert reply.blocked_by == "b"
    assert [one.rule for one in reply.findings] == ["r", "b"]


async def test_what_is_only_written_down_is_shown() -> None:
    text_shown, reply = await shown("a gizmo", words("w", Action.LOG, "gizmo"), pii(Action.WARN, PiiKind.EMAIL))
    assert text_shown == "a gizmo"
    assert [(one.rule, one.action) for one in reply.findings] == [("w", Action.LOG)]


@pytest.mark.parametrize("size", [1, 7, 100])
async def test_personal_data_in_an_answer_is_redacted(size: int) -> None:
    text_shown, reply = await shown(f"card {CARD}. a.b@example.com", pii(Action.REDACT, PiiKind.BANK_CARD), size=size)
    assert text_shown == "card [BANK_CARD]. a.b@example.com"
    assert [one.excerpt for one in reply.findings] == ["[BANK_CARD]"]


@pytest.mark.parametrize("size", [1, 7, 100])
async def test_personal_data_that_is_blocked_ends_the_answer(size: int) -> None:
    text_shown, reply = await shown(f"the card is {CARD}. more", pii(Action.BLOCK, PiiKind.BANK_CARD), size=size)
    assert "the card is ".startswith(text_shown)
    assert reply.blocked_by == "p"


async def test_a_rule_of_another_chat_does_not_touch_the_answer() -> None:
    rule = words("w", Action.BLOCK, "gizmo", chats=frozenset({"irc:1"}))
    assert (await shown("a gizmo", rule, scope=Scope("irc", "irc:2")))[0] == "a gizmo"
    assert (await shown("a gizmo", rule, scope=Scope("irc", "irc:1")))[1].blocked_by == "w"


async def test_an_allowed_phrase_passes_in_a_stream() -> None:
    rule = words("w", Action.BLOCK, "bomb", allowed=("bath bomb", "bomb shelter"))
    for size in (1, 2, 5, 50):
        assert (await shown("a bath bomb, a bomb shelter.", rule, size=size))[0] == "a bath bomb, a bomb shelter."
        assert (await shown("a bath bomb, a bomb.", rule, size=size))[1].blocked_by == "w"


async def test_no_plugin_lifts_a_block_and_what_it_finds_is_told() -> None:
    async def strict(text: str, direction: Direction) -> Verdict:
        return Verdict(text, is_blocked="sesame" in text, rule="theirs")

    safety = Safety(
        Fixed(Policies([words("ours", Action.BLOCK, "gizmo"), words("log", Action.LOG, "sesame")])), [strict]
    )
    assert (await safety.check("gizmo", Direction.IN)).rule == "ours"
    theirs = await safety.check("sesame", Direction.IN)
    assert (theirs.rule, [one.rule for one in theirs.findings]) == ("theirs", ["log"])


async def test_what_is_redacted_is_taken_out_before_an_event_is_kept() -> None:
    attachment = Attachment("1", f"{CARD}.txt", None, None, AttachmentKind.DOCUMENT)
    chat = Chat("fake", "room", ChatKind.PRIVATE)
    event = MessageEvent("1", chat, Sender("ada", "Ada"), f"my card {CARD}", 0.0, True, (attachment,))
    safety = Safety(Fixed(Policies([pii(Action.REDACT, PiiKind.BANK_CARD)])), [])
    kept, findings = await safety.received(event)
    assert (kept.text, kept.attachments[0].name) == ("my card [BANK_CARD]", "[BANK_CARD].txt")
    assert len(findings) == 2


async def test_a_new_policy_holds_for_the_next_text() -> None:
    fixed = Fixed()
    safety = Safety(fixed, [])
    assert not (await safety.check("gizmo", Direction.IN)).is_blocked
    fixed.current = Policies([words("w", Action.BLOCK, "gizmo")])
    assert (await safety.check("gizmo", Direction.IN)).is_blocked
