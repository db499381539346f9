"""Takes the sequences that have slots one token further, in steps of a few fixed shapes."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn

from glmbot.serving.engine.captured import Capture, Step, eager
from glmbot.serving.engine.decoder import NetworkDecoder
from glmbot.serving.engine.slots import SlotCache, Slots, StepCache
from glmbot.serving.models.prefix import prefix_length
from glmbot.serving.models.registry import ChatGLMNetwork

logger = logging.getLogger(__name__)

MAX_CAPTURED = 48
"""Steps that are kept: seven batch sizes of up to 64, in seven lengths or so."""


class SlotSteps:
    """Computes the first B slots as far as the first S places, for the least B and S that will do.

    Each such shape is captured when it first comes, and then replayed. Rows that no sequence asks for are computed,
    too; what they write goes where nobody reads it.
    """

    def __init__(self, model: ChatGLMNetwork, slots: Slots, capture: Capture = eager) -> None:
        self.slots = slots
        self._model = model
        self._capture = capture
        self._num_learned = prefix_length(model.config)
        self._num_coordinates = 2 if getattr(model.config, "position_encoding_2d", False) else 1
        self._captured: OrderedDict[tuple[int, int], Step] = OrderedDict()  # the least recently used first
        self._layout = -1
        self._inputs = self._scores = torch.empty(0)

    def decode(self, decoders: Sequence[NetworkDecoder], tokens: Sequence[int]) -> Tensor:
        """Append one token to each sequence; return the logits of the next, (B, V), in float32.

        Where it raises, no sequence is changed.
        """
        caches = [decoder.cache for decoder in decoders if isinstance(decoder.cache, SlotCache)]
        length = max(cache.get_seq_length() for cache in caches) + 1
        self.slots.reserve(length)
        shape = self.slots.num_rows(), self.slots.shape.span_for(length)
        if self._layout != self.slots.layout:
            self._begin_anew()
        positions = [decoder.next_positions() for decoder in decoders]
        rows = [cache.index for cache in caches]
        self._fill(shape[0], rows, [cache.get_seq_length() for cache in caches], tokens, positions)
        found = self._step(*shape)()
        logits = found[torch.tensor(rows, device=found.device)]  # a copy: the next step overwrites them
        for decoder, cache, position in zip(decoders, caches, positions, strict=True):
            decoder.went_on(position)
            cache.grown()
        return logits

    def _begin_anew(self) -> None:
        """Forget all steps: the tensors that they know are no longer those in use."""
        self._captured.clear()
        self._layout = self.slots.layout
        device = self._model.device
        self._inputs = torch.zeros((2 + self._num_coordinates, self.slots.num_slots), dtype=torch.long, device=device)
        head = cast(nn.Linear, self._model.get_output_embeddings())  # or what is quantised in its place
        self._scores = torch.empty((self.slots.num_slots, head.out_features), device=device)

    def _fill(
        self,
        num_rows: int,
        rows: Sequence[int],
        places: Sequence[int],
        tokens: Sequence[int],
        positions: Sequence[Sequence[int]],
    ) -> None:
        """Write what the step is to read, in one copy: a token, a place and a position for each row."""
        unused = [0, self.slots.room, *[0] * self._num_coordinates]
        columns = [unused] * num_rows
        for row, token, place, position in zip(rows, tokens, places, positions, strict=True):
            columns[row] = [token, place, *position]
        self._inputs[:, :num_rows].copy_(torch.tensor(columns).T)

    def _step(self, num_rows: int, num_places: int) -> Step:
        """Return the step for B rows and S places."""
        shape = num_rows, num_places
        if shape in self._captured:
            self._captured.move_to_end(shape)
            return self._captured[shape]
        step = partial(self._run, num_rows, num_places)
        try:
            captured = self._capture(step)
        except torch.OutOfMemoryError as error:  # others may be smaller, and there may be more memory later
            logger.warning("a step for %d sequences is not captured: %s", num_rows, error)
            captured = step
        except RuntimeError as error:
            logger.warning("steps are not captured, and slower for it: %s", error)
            self._capture, captured = eager, step
        if len(self._captured) >= MAX_CAPTURED:
            self._captured.popitem(last=False)
        self._captured[shape] = captured
        return captured

    def _run(self, num_rows: int, num_places: int) -> Tensor:
        """Return the logits of B rows, (B, V), in float32. Asks nothing of the device, and copies nothing to it."""
        tokens, places, *positions = self._inputs[:, :num_rows]
        is_hidden = torch.arange(num_places, device=places.device) > places[:, None]
        bias = torch.zeros_like(is_hidden, dtype=self.slots.dtype).masked_fill_(is_hidden, -torch.inf)[:, None, None]
        out = self._model(
            tokens[:, None],
            position_ids=torch.stack(positions, dim=1)[..., None] if len(positions) > 1 else positions[0][:, None],
            past_key_values=StepCache(self.slots, places, bias, self._num_learned),
            use_cache=True,
            logits_to_keep=1,
        )
        # in one place for all steps: of a large vocabulary they are 33 MB, for each shape
        return self._scores[:num_rows].copy_(out.logits[:, -1])
