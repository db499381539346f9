"""transformers' `generate()` for prompts with two-dimensional positions and a mask of their own."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad
from transformers import GenerationMixin

from glmbot.serving.models.positions import SpecialIds, next_positions, padded_prompt, prompt_positions


class PromptGeneration(GenerationMixin):
    """Computes the prompt's positions and mask once, then appends one token's a step.

    `generate` itself takes neither masks of four dimensions nor positions of three, so both travel under names of
    their own: `prompt_positions` and `prompt_hidden`.
    """

    config: Any

    def generate(self, inputs: Tensor | None = None, *args: Any, **kwargs: Any) -> Any:
        """Continue prompts, as any transformers model does.

        inputs (or input_ids): (B, T). attention_mask: what the tokenizer gives for a batch, (B, 1, T, T) with true
        for hidden, or (B, T) with 0 at left padding; position_ids: as the tokenizer gives them. Without them no
        row is taken to be padded.
        """
        given_ids = kwargs.pop("input_ids", None)
        input_ids: Tensor = given_ids if inputs is None else inputs
        mask, positions = kwargs.pop("attention_mask", None), kwargs.pop("position_ids", None)
        derived, hidden = self._derive(input_ids, mask)
        positions = derived if positions is None else positions
        kwargs |= {"prompt_positions": positions, "prompt_hidden": hidden}
        # the library types `self` as a model and this class is only the half of one
        return super().generate(input_ids, *args, **kwargs)  # type: ignore[misc]

    def prepare_inputs_for_generation(
        self,
        input_ids: Tensor,
        next_sequence_length: int | None = None,
        past_key_values: Any = None,
        attention_mask: Any = None,
        inputs_embeds: Any = None,
        is_first_iteration: bool | None = False,
        *,
        prompt_positions: Tensor | None = None,
        prompt_hidden: Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int = 1,
        **_: Any,
    ) -> dict[str, Any]:
        """Return the arguments of `forward` for one step; what the library made of mask and lengths does not fit."""
        assert prompt_positions is not None, "generate() sets them"
        num_new = prompt_positions.shape[-1]
        return {
            "input_ids": input_ids[:, -num_new:],
            "position_ids": prompt_positions,
            "attention_mask": prompt_hidden,
            "past_key_values": past_key_values,
            "use_cache": use_cache,
            "logits_to_keep": logits_to_keep,
        }

    def _update_model_kwargs_for_generation(
        self, outputs: Any, model_kwargs: dict[str, Any], is_encoder_decoder: bool = False, num_new_tokens: int = 1
    ) -> dict[str, Any]:
        """Append a token's position and mask; with a cache, only those are kept."""
        model_kwargs["past_key_values"] = outputs.past_key_values
        is_whole = outputs.past_key_values is None
        positions, hidden = model_kwargs["prompt_positions"], model_kwargs["prompt_hidden"]
        following = next_positions(positions)
        model_kwargs["prompt_positions"] = torch.cat((positions, following), dim=-1) if is_whole else following
        if hidden is not None:
            model_kwargs["prompt_hidden"] = _append(hidden) if is_whole else pad(hidden[:, :, -1:], (0, 1))
        return model_kwargs

    def _derive(self, input_ids: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return positions and mask for what the caller gave as a mask."""
        config = self.config
        ids = SpecialIds(config.bos_token_id, config.mask_token_id, config.gmask_token_id)
        is_2d = config.position_encoding_2d
        if mask is not None and mask.dim() == 2:
            return padded_prompt(input_ids, mask, ids, is_2d=is_2d)
        return prompt_positions(input_ids, ids, is_2d=is_2d), None if mask is None else mask.bool()


def _append(hidden: Tensor) -> Tensor:
    """Add a token: hidden from those before it, and seeing what the last one saw, and itself.

    hidden: (B, 1, T, T); returns (B, 1, T+1, T+1).
    """
    earlier = pad(hidden, (0, 1), value=True)
    return torch.cat((earlier, pad(hidden[:, :, -1:], (0, 1))), dim=2)
