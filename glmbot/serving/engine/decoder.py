"""One sequence in a ChatGLM-6B model, with its own KV cache."""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import DynamicCache

from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration


class ChatGLMDecoder:
    """Reads a prompt in one piece, then goes on token by token.

    The prompt is attended both ways, so it can be neither split nor continued from the cache of an earlier turn.
    In the answer the position stays at [gMASK], and the block position counts on; the 1-D variant counts on alone.
    """

    def __init__(self, model: ChatGLMForConditionalGeneration) -> None:
        self._model = model
        self._cache = DynamicCache()
        step = [[0], [1]] if model.config.position_encoding_2d else [1]
        self._position_step = torch.tensor([step], device=model.device)
        self._position = torch.zeros_like(self._position_step)

    def prefill(self, prompt: Sequence[int]) -> Tensor:
        """Read the whole prompt; return the logits of the first new token, (V,)."""
        input_ids = torch.tensor([prompt], device=self._model.device)
        positions = self._model.transformer.prompt_positions(input_ids)
        self._position = positions[..., -1:]
        return self._logits(input_ids, positions)

    def decode(self, token: int) -> Tensor:
        """Append one token; return the logits of the next, (V,)."""
        self._position = self._position + self._position_step
        return self._logits(torch.tensor([[token]], device=self._model.device), self._position)

    def _logits(self, input_ids: Tensor, positions: Tensor) -> Tensor:
        """input_ids: (1, T); positions: (1, 2, T) or (1, T); returns (V,) in float32."""
        out = self._model(
            input_ids, position_ids=positions, past_key_values=self._cache, use_cache=True, logits_to_keep=1
        )
        logits: Tensor = out.logits[0, -1].float()
        return logits
