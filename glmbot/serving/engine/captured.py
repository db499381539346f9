"""Records what a step does on a GPU, to do it again without Python, whose launches take longer than the work."""

from collections.abc import Callable
from weakref import WeakSet

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
        self._alive: WeakSet[Step] = WeakSet()
        self._side = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def __call__(self, step: Step) -> Step:
        """Run the step and capture it. Raises RuntimeError."""
        if not self._alive:
            self._pool = torch.cuda.graph_pool_handle()  # torch takes no pool whose graphs are all gone
        with torch.cuda.device(self._device):
            before = torch.cuda.current_stream()
            try:
                self._warm_up(step)
                graph = torch.cuda.CUDAGraph()
                # other threads may ask the device how it is
                with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
                    out = step()
            finally:
                torch.cuda.set_stream(before)  # a capture that fails leaves its own

        def replay() -> Tensor:
            graph.replay()
            return out  # held here, so that no other graph of the pool gets its memory

        self._alive.add(replay)
        return replay

    def _warm_up(self, step: Step) -> None:
        """Let be set up what is at a first run, which must not be captured."""
        self._side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._side):
            for _ in range(_WARM_UPS):
                step()
        torch.cuda.current_stream().wait_stream(self._side)
