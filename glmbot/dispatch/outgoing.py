"""Judges what leaves and is no reply: messages that plugins send, and what they word for a refusal or an error."""

import secrets
import time
from dataclasses import replace

from glmbot.dispatch.moderation import Moderation
from glmbot.events import Chat, MessageEvent, Sender
from glmbot.phrases import Phrase, language_of
from glmbot.safety.safety import Safety
from glmbot.verdicts import Direction, Place, Refusal


class Outgoing:
    """Lets pass what safety lets pass, and writes down what it found."""

    def __init__(self, safety: Safety, moderation: Moderation) -> None:
        self._safety = safety
        self._moderation = moderation

    async def answer(self, event: MessageEvent, text: str) -> str:
        """Return what the sender of an event is told instead of an answer."""
        return await self._passed(event, text) or Phrase.BLOCKED_OUT.in_language(language_of(event))

    async def refusal(self, event: MessageEvent, refusal: Refusal) -> Refusal:
        """Return a plugin's refusal as the sender may see it."""
        return refusal if refusal.text is None else replace(refusal, text=await self.answer(event, refusal.text))

    async def message(self, chat: Chat, text: str) -> str:
        """Return what a chat is shown of a message that answers nothing, and so has no sender who could be blamed."""
        event = MessageEvent(f"sent {secrets.token_hex(8)}", chat, Sender("", ""), text, time.time(), is_addressed=True)
        return await self._passed(event, text) or Phrase.WITHHELD.in_both_languages()

    async def may_show(self, event: MessageEvent, text: str) -> bool:
        """Tell whether a short text, such as a reaction, may be shown as it is."""
        return await self._passed(event, text) == text

    async def _passed(self, event: MessageEvent, text: str) -> str | None:
        verdict = await self._safety.check(text, Direction.OUT, Place.REPLY, self._safety.scope_of(event))
        await self._moderation.record_verdict(event, verdict, Direction.OUT, Place.REPLY)
        return None if verdict.is_blocked else verdict.text
