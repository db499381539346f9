"""What admins are shown of something that was escalated, with buttons to decide it."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from glmbot.content import Button
from glmbot.delivery.delivery import Delivery
from glmbot.delivery.render import Whole
from glmbot.errors import NotDelivered
from glmbot.events import Chat, ChatKind, Language, MessageEvent
from glmbot.phrases import Phrase
from glmbot.storage.outbox import new_rows
from glmbot.verdicts import Direction, Finding

logger = logging.getLogger(__name__)

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of codes; without those that are taken for one another."""
COMMANDS: Mapping[Phrase, str] = {
    Phrase.REPORT_APPROVE: "approve",
    Phrase.REPORT_MUTE: "mute",
    Phrase.REPORT_BAN: "ban",
}


def new_code() -> str:
    """Return the code of a new report."""
    return "".join(secrets.choice(LETTERS) for _ in range(8))


async def report_rows(
    delivery: Delivery,
    admin_chats: Sequence[str],
    code: str,
    event: MessageEvent,
    finding: Finding,
    direction: Direction,
) -> list[dict[str, Any]]:
    """Return the outbox rows of a report, for each admins' chat that can be reached."""
    whole = _report(code, event, finding, direction)
    rows: list[dict[str, Any]] = []
    for name in admin_chats:
        adapter, _, chat_id = name.partition(":")
        chat = Chat(adapter, chat_id, ChatKind.PRIVATE)
        try:
            rows += new_rows(chat, await delivery.rendered(chat, whole))
        except NotDelivered as error:
            logger.error("a report cannot be shown in %r of bot.admin_chats: %s", name, error)
    return rows


def _report(code: str, event: MessageEvent, finding: Finding, direction: Direction) -> Whole:
    """Return the report; ids and excerpt stand in code marks, so that nothing in them becomes markup or a mention."""
    values = {
        "sender": _marked(f"{event.chat.adapter}:{event.sender.sender_id}"),
        "chat": _marked(f"{event.chat.adapter}:{event.chat.chat_id}"),
        "rule": _marked(finding.rule),
        "excerpt": _marked(finding.excerpt or "…"),
        "code": code,
    }
    phrase = Phrase.REPORT_IN if direction is Direction.IN else Phrase.REPORT_OUT
    kept = [one for one in COMMANDS if direction is Direction.IN or one is not Phrase.REPORT_APPROVE]
    num_files = len(event.documents()) if direction is Direction.IN else 0
    note = f"\n\n{Phrase.REPORT_FILES.in_both_languages(number=num_files)}" if num_files else ""
    if not event.sender.sender_id:
        kept = []  # a message that a plugin has sent: nobody is to be muted for it
    buttons = [Button(one.in_language(Language.ENGLISH), f"/{COMMANDS[one]} {code}") for one in kept]
    return Whole(phrase.in_both_languages(**values) + note, buttons)


def _marked(text: str) -> str:
    shown = " ".join(text.replace("`", "'").split())
    return f"`{shown[:120]}`"
