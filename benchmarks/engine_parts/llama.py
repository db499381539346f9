"""llama.cpp as a program to measure; runs in its own environment.

python -m engine_parts.llama FILE
"""

import os
import random
import sys
import time

import llama_cpp
import numpy as np

from engine_parts.wire import answer_calls

MAX_STREAMS = 8
MAX_TOKENS = 2048
BATCH = 512


class Llama:
    """Several sequences at once, in llama.cpp's own batches. Takes the likeliest token, its cheapest way."""

    def __init__(self, path: str) -> None:
        llama_cpp.llama_backend_init()
        self._model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
        assert self._model, f"llama.cpp does not take {path!r}"
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx, settings.n_batch, settings.n_ubatch = MAX_TOKENS, BATCH, BATCH
        settings.n_seq_max, settings.kv_unified = MAX_STREAMS, True
        settings.n_threads = settings.n_threads_batch = os.cpu_count() or 1
        self._context = llama_cpp.llama_init_from_model(self._model, settings)
        vocabulary = llama_cpp.llama_model_get_vocab(self._model)
        self._num_words = llama_cpp.llama_vocab_n_tokens(vocabulary)
        self._batch = llama_cpp.llama_batch_init(BATCH, 0, 1)
        self._last: list[int] = []
        self._length = 0

    def prefill(self, prompt: list[int]) -> float:
        """Read a prompt and choose the first token; return the seconds."""
        self.stop()
        started_at = time.perf_counter()
        self._read(prompt, 0)
        return time.perf_counter() - started_at

    def start(self, num_streams: int, num_tokens: int) -> None:
        """Begin that many sequences, each with a prompt of so many tokens."""
        self.stop()
        for stream in range(num_streams):
            chance = random.Random(stream)
            self._last.append(self._read([chance.randrange(10, self._num_words) for _ in range(num_tokens)], stream))
        self._length = num_tokens

    def decode(self, num_steps: int) -> list[float]:
        """Go on with all that has begun; return the seconds of each step."""
        return [self._step() for _ in range(num_steps)]

    def stop(self) -> None:
        """End all sequences."""
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self._context), True)
        self._last = []

    def _read(self, prompt: list[int], stream: int) -> int:
        self._compute([(token, place, stream, place == len(prompt) - 1) for place, token in enumerate(prompt)])
        return self._likeliest(len(prompt) - 1)

    def _step(self) -> float:
        started_at = time.perf_counter()
        self._compute([(token, self._length, stream, True) for stream, token in enumerate(self._last)])
        self._last = [self._likeliest(row) for row in range(len(self._last))]
        self._length += 1
        return time.perf_counter() - started_at

    def _compute(self, rows: list[tuple[int, int, int, bool]]) -> None:
        self._batch.n_tokens = len(rows)
        for row, (token, place, stream, is_wanted) in enumerate(rows):
            self._batch.token[row], self._batch.pos[row], self._batch.logits[row] = token, place, is_wanted
            self._batch.n_seq_id[row] = 1
            self._batch.seq_id[row][0] = stream
        assert llama_cpp.llama_decode(self._context, self._batch) == 0

    def _likeliest(self, row: int) -> int:
        scores = llama_cpp.llama_get_logits_ith(self._context, row)
        return int(np.ctypeslib.as_array(scores, (self._num_words,)).argmax())


if __name__ == "__main__":
    llama = Llama(sys.argv[1])
    answer_calls({method.__name__: method for method in (llama.prefill, llama.start, llama.decode, llama.stop)})
