"""What an answer may repeat: as much as the bot lets pass as text, told in tokens."""

from collections.abc import Callable, Sequence

from glmbot.repetition import MAX_CODE, longest
from glmbot.serving.engine.loops import LongestLoop

FENCE = "```"
MAX_TOKENS_OF_CHARACTER = 4
"""One for each byte of UTF-8."""


def longest_loop(token_bytes: Callable[[int], bytes], *, may_repeat: bool) -> LongestLoop:
    """Return the limit for one answer; it may repeat as much as code may where that is asked for."""

    def limit(unit: Sequence[int], before: Sequence[int]) -> int:
        twice = _text(token_bytes, [*unit, *unit])  # or a character that is cut at the ends would be lost
        text = twice[: -(-len(twice) // 2)]
        is_free = may_repeat or _text(token_bytes, before).count(FENCE) % 2 == 1
        most = MAX_CODE if is_free else longest(text)
        num_characters = max(1, len(unit) // MAX_TOKENS_OF_CHARACTER, len(text))
        return most * len(unit) // num_characters

    return limit


def _text(token_bytes: Callable[[int], bytes], tokens: Sequence[int]) -> str:
    return b"".join(map(token_bytes, tokens)).decode(errors="ignore")
