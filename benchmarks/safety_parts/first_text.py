"""How much later the first text of an answer is seen because it is judged before."""

import asyncio
import random
import re
import time
from collections.abc import AsyncGenerator, Sequence

from glmbot.reply import Reply
from glmbot.safety.policies import Policies
from glmbot.safety.reply_guard import ReplyGuard
from glmbot.safety.rule import ANYWHERE

NUM_ANSWERS = 300
TOKENS_PER_S = 30
_TOKEN = re.compile(r"\s?[A-Za-z0-9]{1,6}|[\u4e00-\u9fff]{1,2}|\s|.")
"""About what a token of ChatGLM-6B is."""


def delays_ms(policies: Policies, clauses: Sequence[str]) -> list[float]:
    """Return the milliseconds that each of some ordinary answers is later seen, in order.

    That is the tokens that come before something is shown, but for the first, and the time of the processor.
    """
    rng = random.Random(3)
    answers = [" ".join(rng.choices(clauses, k=4)) for _ in range(NUM_ANSWERS)]
    return sorted(asyncio.run(_delay_ms(policies, answer)) for answer in answers)


async def _delay_ms(policies: Policies, answer: str) -> float:
    num_tokens = 0

    async def tokens() -> AsyncGenerator[str]:
        nonlocal num_tokens
        for token in _TOKEN.findall(answer):
            num_tokens += 1
            yield token

    reply = Reply(tokens(), question="?")
    begin = time.thread_time()
    async for _ in ReplyGuard(policies, (), reply, ANYWHERE).guarded(reply.pieces):
        return (num_tokens - 1) * 1000 / TOKENS_PER_S + (time.thread_time() - begin) * 1000
    raise RuntimeError(f"nothing is shown of an ordinary answer: {answer!r}")
