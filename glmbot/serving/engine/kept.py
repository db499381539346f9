"""Keys and values of sequences that run no more, for prompts that begin with the same tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from glmbot.serving.engine.kv_cache import KeyValueCache

MIN_COMMON = 16
"""Tokens in common from which on it pays to begin with them."""


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    tokens: tuple[int, ...]
    cache: KeyValueCache


class KeptPrefixes:
    """The least recently used ones go first when they take more than `max_bytes` together.

    A prompt gets a copy of what it has in common with one that is kept: others may go on from the same beginning, a
    shared system prompt, say. Only one that it goes on from as a whole, as the next turn of a conversation does, is
    handed over.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: list[_Kept] = []  # the newest last

    @property
    def num_bytes(self) -> int:
        """How much memory they take together."""
        return sum(one.cache.num_bytes for one in self._kept)

    @property
    def num_tokens(self) -> int:
        """Of how many tokens they are together."""
        return sum(len(one.tokens) for one in self._kept)

    def keep(self, tokens: Sequence[int], cache: KeyValueCache) -> None:
        """Keep a cache that holds these tokens, in place of those that are a beginning of them.

        One that is a beginning itself of what is kept, or too short to begin with, is not.
        """
        whole = tuple(tokens)
        if not self.wants(whole):
            return
        self._kept = [one for one in self._kept if one.tokens != whole[: len(one.tokens)]]
        self._kept.append(_Kept(whole, cache))
        while self._kept and self.num_bytes > self._max_bytes:
            self._kept.pop(0)

    def wants(self, tokens: Sequence[int]) -> bool:
        """Tell whether it would keep a cache that holds these tokens."""
        whole = tuple(tokens)
        return len(whole) >= MIN_COMMON and all(one.tokens[: len(whole)] != whole for one in self._kept)

    def begun(self, prompt: Sequence[int], num_learned: int, num_expected: int) -> tuple[KeyValueCache, int] | None:
        """Return a cache that holds the most of a prompt's beginning, and how many of its tokens; never all of them.

        `num_learned` tokens stand before all others in every cache.
        """
        best, num_common = None, MIN_COMMON - 1
        for one in self._kept:
            if (common := min(_num_common(one.tokens, prompt), len(prompt) - 1)) > num_common:
                best, num_common = one, common
        if best is None:
            return None
        self._kept.remove(best)
        if num_common == len(best.tokens):
            best.cache.expect(num_learned + num_expected)
            return best.cache, num_common
        self._kept.append(best)
        return best.cache.copied(num_learned + num_common, num_learned + num_expected), num_common

    def forget_oldest(self) -> bool:
        """Free one; False: there is none."""
        if self._kept:
            self._kept.pop(0)
            return True
        return False


def _num_common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens two sequences begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))
