"""Our engine as a program to measure, on random weights.

python -m engine_parts.own DIRECTORY PRECISION MAX_RUNNING
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine_parts.crowds import Ask, Client, has_generated, new_request, steps_to_free, waits
from engine_parts.profiling import shares
from engine_parts.shape import prompt_of
from engine_parts.timing import seconds
from engine_parts.wire import answer_calls
from glmbot.serving.engine.engine import Engine
from glmbot.serving.loading.memory import keep_large_blocks_apart
from glmbot.serving.loading.needs import choose_kv, max_length
from glmbot.serving.loading.precision import Precision
from glmbot.serving.loading.served_model import ServedModel
from glmbot.serving.loading.weights import load_config, load_model

_CPU = torch.device("cpu")
READ_BYTES = 1 << 30


class Own:
    """The engine as the server has it, called directly: whole steps, sampling included."""

    def __init__(self, directory: Path, precision: Precision, max_running: int) -> None:
        config = load_config(directory)
        keep_large_blocks_apart()
        network = load_model(directory, precision, _CPU)
        self._network = network
        named = network.named_parameters()
        self._dtype = next(parameter.dtype for name, parameter in named if "final_layernorm" in name)
        self._model = ServedModel(network, (), max_length(config), choose_kv(config, precision, _CPU))
        self._model.end_tokens = frozenset()  # answers end when they are told to
        self._engine = Engine(self._model, max_running)
        self._last_id = 0
        self._open: list[int] = []

    def prefill(self, prompt: list[int]) -> float:
        """Read a prompt and choose the first token; return the seconds."""
        started_at = time.perf_counter()
        self._begin(prompt, max_tokens=1)
        self._run_until_begun()
        taken = time.perf_counter() - started_at
        self.stop()
        return taken

    def start(self, num_streams: int, num_tokens: int) -> None:
        """Begin that many sequences, each with a prompt of so many tokens."""
        for stream in range(num_streams):
            max_tokens = self._model.max_length - num_tokens
            self._begin(self._prompt(num_tokens, stream), max_tokens)
        self._run_until_begun()

    def decode(self, num_steps: int) -> list[float]:
        """Go on with all that has begun; return the seconds of each step."""
        return [self._step() for _ in range(num_steps)]

    def overhead(self, num_rows: int, num_steps: int) -> tuple[list[float], list[float]]:
        """Return the seconds of whole steps and of their matrix products alone, in turn."""
        taken = [(self._step(), self._multiply(num_rows)) for _ in range(num_steps)]
        return [step for step, _ in taken], [alone for _, alone in taken]

    def profile(self, num_steps: int) -> dict[str, float]:
        """Go on; return what takes the time, as shares."""
        return shares(self._step, num_steps)

    def read_gb_s(self) -> float:
        """Return the billions of bytes a second that all threads together read from memory, at best."""
        numbers = torch.ones(READ_BYTES // 4)
        return max(READ_BYTES / 1e9 / seconds(numbers.sum) for _ in range(5))

    def stop(self) -> None:
        """End all sequences."""
        for sequence_id in self._open:
            self._engine.cancel(sequence_id)
        self._open.clear()
        self._engine.step()  # whatever is freed only then

    def waits(self, clients: list[dict[str, Any]], max_running: int) -> list[list[Any]]:
        """Serve clients to the end on an engine that runs so many sequences at most.

        A client is its sender and its questions, each a number of tokens to ask and one to answer. Returns a sender,
        the seconds to the first token and to the end for each question.
        """
        asking = [Client(one["sender"], [Ask(*ask) for ask in one["asks"]]) for one in clients]
        found = waits(Engine(self._model, max_running), asking, self._prompt)
        return [[wait.sender, wait.first, wait.whole] for wait in found]

    def steps_to_free(self, num_tokens: int) -> int:
        """Return how many steps a cancelled sequence keeps its memory."""
        return steps_to_free(Engine(self._model, 3), self._prompt, num_tokens)

    def _prompt(self, num_tokens: int, seed: int) -> list[int]:
        return prompt_of(self._network.config, num_tokens, seed)

    def _begin(self, prompt: list[int], max_tokens: int) -> None:
        self._last_id += 1
        self._open.append(self._last_id)
        self._engine.add(self._last_id, new_request(prompt, max_tokens, f"sender {self._last_id}", self._last_id))

    def _run_until_begun(self) -> None:
        """Step until each sequence has its first token."""
        waiting = set(self._open)
        while waiting:
            for output in filter(has_generated, self._engine.step()):
                if output.finish == "error":
                    raise RuntimeError(f"sequence {output.sequence_id} failed")
                waiting.discard(output.sequence_id)

    def _step(self) -> float:
        started_at = time.perf_counter()
        outputs = self._engine.step()
        taken = time.perf_counter() - started_at
        assert len(outputs) == len(self._open), "a sequence has ended early"
        return taken

    @torch.inference_mode()
    def _multiply(self, num_rows: int) -> float:
        """Return the seconds that all linear layers take alone, one after another, for one token of each row."""
        inputs = {layer: self._inputs(layer, num_rows) for layer in linear_layers(self._network)}
        started_at = time.perf_counter()
        for layer, x in inputs.items():
            layer(x)
        return time.perf_counter() - started_at

    def _inputs(self, layer: nn.Module, num_rows: int) -> Tensor:
        width = layer.in_features
        assert isinstance(width, int)
        return torch.ones(num_rows, 1, width, dtype=self._dtype)


def linear_layers(network: nn.Module) -> Iterator[nn.Module]:
    """Go over the layers that multiply by a matrix, whatever form they are kept in."""
    return (layer for layer in network.modules() if hasattr(layer, "in_features") and hasattr(layer, "out_features"))


if __name__ == "__main__":
    own = Own(Path(sys.argv[1]), Precision(sys.argv[2]), int(sys.argv[3]))
    methods = (own.prefill, own.start, own.decode, own.overhead, own.stop, own.waits, own.steps_to_free)
    methods += (own.profile, own.read_gb_s)
    answer_calls({method.__name__: method for method in methods})
