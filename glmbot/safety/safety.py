"""Judges every text on its way in, and every stream on its way out before anything of it is shown."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from glmbot.hooks import CheckText
from glmbot.reply import Reply
from glmbot.safety.filter import WordFilter
from glmbot.safety.quality.guard import QualityGuard
from glmbot.safety.stream import StreamGuard
from glmbot.verdicts import Direction, Verdict

SENTENCE_END = re.compile(r"(?<=[。！？\n])|(?<=[.!?])(?=\s)")


class Safety:
    """The word filter, then the plugins' checks, the strictest wins."""

    def __init__(self, word_filter: WordFilter, checks: Sequence[CheckText]) -> None:
        self._filter = word_filter
        self._checks = checks

    async def check(self, text: str, direction: Direction) -> Verdict:
        """Judge a whole text."""
        if match := self._filter.first_match(text):
            return Verdict(text, is_blocked=True, rule=f"word list: {match.term}")
        return await self._ask_plugins(text, direction)

    def guard(self, reply: Reply) -> Reply:
        """Check the reply's pieces before they are shown.

        A block ends them and sets `blocked_by`; a model's answer that goes wrong is ended and has its `fault` set.
        """
        reply.pieces = self._guarded(reply, reply.pieces)
        return reply

    async def _guarded(self, reply: Reply, pieces: AsyncGenerator[str]) -> AsyncGenerator[str]:
        names = [reply.file.name] if reply.file else []
        labels = "\n".join([*names, *(button.label for button in reply.buttons)])
        if labels and (verdict := await self.check(labels, Direction.OUT)).is_blocked:
            reply.blocked_by = verdict.rule or "a plugin"
            await pieces.aclose()
            return
        stages = self._filtered(reply, pieces if reply.question is None else _sound(reply, pieces))
        if self._checks:
            stages = self._checked(reply, stages)
        async with aclosing(pieces), aclosing(stages):
            async for piece in stages:
                yield piece

    async def _filtered(self, reply: Reply, pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
        """Hold back the tail that may be the beginning of a forbidden term."""
        guard = StreamGuard(self._filter)
        async for piece in pieces:
            if shown := guard.add(piece):
                yield shown
            if guard.match:
                break
        if shown := guard.finish():
            yield shown
        if guard.match:
            reply.blocked_by = f"word list: {guard.match.term}"

    async def _checked(self, reply: Reply, pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
        """Hold back each sentence until the plugins have judged it."""
        held = ""
        async for piece in pieces:
            *sentences, held = SENTENCE_END.split(held + piece)
            for sentence in sentences:
                if (passed := await self._passed(reply, sentence)) is None:
                    return
                yield passed
        if held and (passed := await self._passed(reply, held)) is not None:
            yield passed

    async def _passed(self, reply: Reply, sentence: str) -> str | None:
        verdict = await self._ask_plugins(sentence, Direction.OUT)
        if verdict.is_blocked:
            reply.blocked_by = verdict.rule or "a plugin"
            return None
        return verdict.text

    async def _ask_plugins(self, text: str, direction: Direction) -> Verdict:
        verdict = Verdict(text)
        for check in self._checks:
            verdict = await check(verdict.text, direction)
            if verdict.is_blocked:
                break
        return verdict


async def _sound(reply: Reply, pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
    """Pass on a model's answer as long as nothing is wrong with it."""
    guard: QualityGuard | None = None
    async for piece in pieces:
        guard = guard or QualityGuard(reply.question or "", reply.system)
        if shown := guard.add(piece):
            yield shown
        if guard.fault:
            break
    if guard and (shown := guard.finish()):
        yield shown
    if guard and guard.fault:
        reply.fault = guard.fault.value
