"""Which turns fit: whole turns, newest first, within the model's context and with room for the reply."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from glmbot.errors import PromptTooLong
from glmbot.inference.client import TokenCount
from glmbot.prompt import ChatMessage, Prompt, Turn

Count = Callable[[Sequence[ChatMessage]], Awaitable[TokenCount | None]]
TURN_OVERHEAD = 8
"""Tokens a prompt format adds to each turn, about: "[Round n]", the two marks, line ends."""


@dataclass(frozen=True, slots=True)
class FittedPrompt:
    """A prompt that fits, how many older turns were left out, and the tokens it leaves for the reply."""

    messages: Sequence[ChatMessage]
    context_length: int
    num_dropped: int
    num_question_tokens: int
    max_reply_tokens: int


@dataclass(frozen=True, slots=True)
class Budget:
    """`max_reply_tokens` are kept free for the reply, of a context of `fallback_context` where none is told."""

    max_reply_tokens: int
    fallback_context: int


async def fit(prompt: Prompt, count: Count, budget: Budget, question_share: float = 1.0) -> FittedPrompt:
    """Leave out the oldest turns until the prompt fits; of the room the question may take `question_share`.

    Raises PromptTooLong when not even the question does, with both numbers in `args[1:]`.
    """
    bare_count = await _count(replace(prompt, turns=()).messages(), count)
    context = bare_count.context_length or budget.fallback_context
    reply_room = min(budget.max_reply_tokens, context // 2)
    room = context - reply_room
    most = int(room * question_share)
    if bare_count.num_tokens > most:
        raise PromptTooLong("the question does not fit into the model's context", bare_count.num_tokens, most)
    turns = _newest_that_fit(prompt.turns, room - bare_count.num_tokens)
    messages = replace(prompt, turns=turns).messages()
    while turns and (await _count(messages, count)).num_tokens > room:
        turns = turns[1:]
        messages = replace(prompt, turns=turns).messages()
    return FittedPrompt(messages, context, len(prompt.turns) - len(turns), bare_count.num_tokens, reply_room)


def _newest_that_fit(turns: Sequence[Turn], room: int) -> tuple[Turn, ...]:
    """Choose by the counts that are stored with the turns; the exact count of the whole comes after."""
    kept: list[Turn] = []
    for turn in reversed(turns):
        room -= (turn.num_tokens or _estimate(turn.question + turn.answer)) + TURN_OVERHEAD
        if room < 0 and kept:  # one turn may pass here: the stored counts are a little high
            break
        kept.append(turn)
    return tuple(reversed(kept))


async def _count(messages: Sequence[ChatMessage], count: Count) -> TokenCount:
    exact = await count(messages)
    return exact or TokenCount(sum(_estimate(message.content) + TURN_OVERHEAD for message in messages), None)


def _estimate(text: str) -> int:
    """Estimate high, for servers that cannot count: a token for each non-ASCII character, or two ASCII ones."""
    num_ascii = sum(character.isascii() for character in text)
    return len(text) - num_ascii + (num_ascii + 1) // 2
