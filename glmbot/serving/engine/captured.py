"""Records what a step does on a GPU, to do it again without Python: decoding waits for launches more than for memory."""

from collections.abc import Callable

import torch
from torch import Tensor

Step = Callable[[], Tensor]
"""Reads its inputs from tensors that stay where they are, and so is its output, until the next call."""
Capture = Callable[[Step], Step]
"""Makes a faster step of one; what it does must depend on tensors alone, since Python runs only now."""
_WARM_UPS = 2


def eager(step: Step) -> Step:
    """Return the step as it is, which is what CPUs do."""
    return step


class GraphCapture:
    """Captures steps in CUDA graphs, whose intermediate results share their memory: they run one after another."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()
        self._side = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # what is set up at a first run must not be captured

    def __call__(self, step: Step) -> Step:
        """Run the step and capture it. Raises RuntimeError."""
        with torch.cuda.device(self._device):
            self._side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(self._side):
                for _ in range(_WARM_UPS):
                    step()
            torch.cuda.current_stream().wait_stream(self._side)
            graph = torch.cuda.CUDAGraph()
            # other threads may ask the device how it is
            with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
                out = step()

        def replay() -> Tensor:
            graph.replay()
            return out  # held here, so that no other graph of the pool gets its memory

        return replay
