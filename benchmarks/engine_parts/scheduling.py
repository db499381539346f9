"""What a crowd of clients waits, and what one of them can do to the others."""

import random
import statistics
from collections.abc import Sequence
from typing import Any

from engine_parts.contender import Contender
from engine_parts.versus import Ratio
from glmbot.serving.server import MAX_RUNNING

NUM_CLIENTS = 16
NUM_FLOOD = 20
NUM_OTHERS = 7
_FIRST, _WHOLE = 1, 2


def _client(sender: str, *asks: tuple[int, int]) -> dict[str, Any]:
    return {"sender": sender, "asks": asks}


def ttft_p95_16_gain(own: Contender, rounds: int) -> tuple[Ratio, dict[str, float]]:
    """How many times shorter the time to the first token is than first come, first served, one at a time (p95).

    16 clients ask at once and again as soon as they are answered, twice each; prompts of 16 to 96 tokens, answers of 16
    to 64. The engine runs as many sequences as the server lets it; the other way is the same engine with one.
    """
    gains, ours, theirs = [], [], []
    for number in range(rounds):
        chance = random.Random(number)
        asks = [[(chance.randint(16, 96), chance.randint(16, 64)) for _ in range(2)] for _ in range(NUM_CLIENTS)]
        clients = [_client(f"sender {index}", *mine) for index, mine in enumerate(asks)]
        ours.append(_p95(own.call("waits", clients=clients, max_running=MAX_RUNNING)))
        theirs.append(_p95(own.call("waits", clients=clients, max_running=1)))
        gains.append(theirs[-1] / ours[-1])
    raw = {"ttft_p95_16_s": statistics.median(ours), "ttft_p95_16_one_at_a_time_s": statistics.median(theirs)}
    return Ratio.over(gains), {name: round(value, 4) for name, value in raw.items()}


def fairness(own: Contender, rounds: int) -> tuple[Ratio, dict[str, float]]:
    """How many times longer seven senders with a question each wait when an eighth asks 20 at once, before them.

    Waiting is the mean time to the first token of the seven's answers, against the same seven alone with each other.
    All ask at the same moment; prompts of 32 tokens, answers of 32. `fairness_whole` is the same of whole answers.
    """
    others = [_client(f"other {index}", (32, 32)) for index in range(NUM_OTHERS)]
    flood = [_client("flood", (32, 32)) for _ in range(NUM_FLOOD)]
    firsts, wholes = [], []
    for _ in range(rounds):
        alone = own.call("waits", clients=others, max_running=MAX_RUNNING)
        beside = own.call("waits", clients=flood + others, max_running=MAX_RUNNING)
        firsts.append(_mean(beside, _FIRST) / _mean(alone, _FIRST))
        wholes.append(_mean(beside, _WHOLE) / _mean(alone, _WHOLE))
    return Ratio.over(firsts), {"fairness_whole": round(statistics.median(wholes), 3)}


def cancel_steps(own: Contender) -> int:
    """Steps from when a client leaves until its sequence's memory is free, the one under way then included: the worst
    of prompts of several lengths."""
    return max(own.call("steps_to_free", num_tokens=num_tokens) for num_tokens in (8, 60, 130))


def _p95(waits: Sequence[Sequence[Any]]) -> float:
    return statistics.quantiles([wait[_FIRST] for wait in waits], n=20)[-1]


def _mean(waits: Sequence[Sequence[Any]], which: int) -> float:
    return statistics.mean(wait[which] for wait in waits if str(wait[0]).startswith("other"))
