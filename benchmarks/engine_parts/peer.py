"""chatglm.cpp as a program to measure; runs in its own environment.

python -m engine_parts.peer FILE
"""

import sys
import time

import chatglm_cpp

from engine_parts.wire import answer_calls


class Peer:
    """One sequence at a time, which is all that chatglm.cpp can do. Takes the likeliest token, its cheapest way."""

    def __init__(self, path: str) -> None:
        self._model = chatglm_cpp.Pipeline(path).model
        self._how = chatglm_cpp._C.GenerationConfig(do_sample=False, max_length=2048)
        self._tokens: list[int] = []
        self._num_prompt = 0

    def prefill(self, prompt: list[int]) -> float:
        """Read a prompt and choose the first token; return the seconds."""
        self._tokens, self._num_prompt = list(prompt), len(prompt)
        return self._advance(0)

    def decode(self, num_steps: int) -> list[float]:
        """Go on; return the seconds of each token."""
        return [self._advance(len(self._tokens) - 1) for _ in range(num_steps)]

    def _advance(self, num_past: int) -> float:
        started_at = time.perf_counter()
        token = self._model.generate_next_token(self._tokens, None, self._how, num_past, self._num_prompt)
        taken = time.perf_counter() - started_at
        self._tokens.append(token)
        return taken


if __name__ == "__main__":
    peer = Peer(sys.argv[1])
    answer_calls({"prefill": peer.prefill, "decode": peer.decode})
