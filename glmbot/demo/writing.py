"""The demo model's checkpoint directory, in the layout and with the names of the published ones."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration

CHECKPOINT = Path(__file__).parent / "checkpoint"
VOCABULARY = "ice_text.model"

_TOKENIZER = {
    "name_or_path": "glmbot-demo",
    "bos_token": "<sop>",
    "eos_token": "<eop>",
    "end_token": "</s>",
    "gmask_token": "[gMASK]",
    "mask_token": "[MASK]",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "remove_space": False,
    "do_lower_case": False,
    "tokenizer_class": "ChatGLMTokenizer",
    "num_image_tokens": 0,
}
_CONFIG_KEYS = (
    "bos_token_id",
    "eos_token_id",
    "mask_token_id",
    "gmask_token_id",
    "pad_token_id",
    "hidden_size",
    "inner_hidden_size",
    "layernorm_epsilon",
    "max_sequence_length",
    "num_attention_heads",
    "num_layers",
    "position_encoding_2d",
    "vocab_size",
)


def write_checkpoint(model: ChatGLMForConditionalGeneration, directory: Path) -> None:
    """Write weights in float16, configuration and tokenizer settings; the vocabulary is there already."""
    weights = {name: tensor.detach().to(torch.float16).contiguous() for name, tensor in model.state_dict().items()}
    unfinished = directory / "model.safetensors.part"
    save_file(weights, unfinished, metadata={"format": "pt"})
    unfinished.chmod(0o644)
    unfinished.replace(directory / "model.safetensors")
    config = {key: getattr(model.config, key) for key in _CONFIG_KEYS}
    config |= {"architectures": ["ChatGLMModel"], "model_type": "chatglm", "torch_dtype": "float16", "use_cache": True}
    greedy = {"do_sample": False, "eos_token_id": config["eos_token_id"], "pad_token_id": config["pad_token_id"]}
    _write(directory / "config.json", config)
    _write(directory / "generation_config.json", greedy)
    _write(directory / "tokenizer_config.json", _TOKENIZER)


def _write(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
