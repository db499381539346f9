"""The networks and the tokenizer of ChatGLM2 and ChatGLM3 beyond the reference values that `test_chatglm` compares."""

import json
import weakref
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from glmbot.errors import CheckpointError
from glmbot.serving.loading.weights import load_model
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration, Residual
from glmbot.serving.models.chatglm2 import ChatGLM2ForConditionalGeneration
from glmbot.serving.models.config2 import ChatGLM2Config
from glmbot.serving.models.registry import register
from glmbot.serving.models.rotary2 import pair_tables
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer
from glmbot.serving.tokenizers.chatglm2 import ChatGLM2Tokenizer

SMALL = {
    "padded_vocab_size": 96,
    "hidden_size": 24,
    "num_layers": 2,
    "num_attention_heads": 6,
    "ffn_hidden_size": 20,
    "seq_length": 64,
}


def small(**changes: int | bool) -> ChatGLM2ForConditionalGeneration:
    """Return a network with seeded weights whose head size is not hidden size / heads."""
    torch.manual_seed(3)
    model = ChatGLM2ForConditionalGeneration(ChatGLM2Config(**{**SMALL, "kv_channels": 8, **changes}))
    return model.train(False)


@pytest.mark.parametrize(
    ("name", "model_class", "tokenizer_class"),
    [
        ("v1_e2e", ChatGLMForConditionalGeneration, ChatGLMTokenizer),
        ("v2_e2e", ChatGLM2ForConditionalGeneration, ChatGLM2Tokenizer),
        ("v3_e2e", ChatGLM2ForConditionalGeneration, ChatGLM2Tokenizer),
    ],
)
def test_the_auto_classes_tell_the_generations_apart(
    golden: Path, name: str, model_class: type, tokenizer_class: type
) -> None:
    """All of them say "chatglm" and "ChatGLMTokenizer", and name code of their own that is not run."""
    register()
    assert isinstance(AutoModelForCausalLM.from_pretrained(golden / name), model_class)
    assert isinstance(AutoTokenizer.from_pretrained(golden / name), tokenizer_class)


def test_only_chatglm3_has_roles(golden: Path) -> None:
    assert ChatGLM2Tokenizer.from_pretrained(golden / "v3_e2e").has_roles
    second = ChatGLM2Tokenizer.from_pretrained(golden / "v2_e2e")
    assert not second.has_roles
    with pytest.raises(CheckpointError, match="role 'user' is unknown"):
        second.build_single_message("user", "", "hi")


@pytest.mark.parametrize("name", ["v1_e2e", "v2_e2e"])
@torch.inference_mode()
def test_a_layers_output_is_kept_only_where_it_is_asked_for(golden: Path, name: str) -> None:
    """Of ChatGLM-6B and 2,048 tokens the 29 states would be a gigabyte."""
    model = load_model(golden / name, torch.float32, torch.device("cpu"))
    outputs: list[weakref.ref[torch.Tensor]] = []
    num_alive: list[int] = []

    def note(_: torch.nn.Module, __: object, output: torch.Tensor | Residual) -> None:
        outputs.append(weakref.ref(output if isinstance(output, torch.Tensor) else output.added))
        num_alive.append(sum(output() is not None for output in outputs))

    for block in model.get_submodule("transformer").modules():
        if type(block).__name__ == "Block":
            block.register_forward_hook(note)
    ids = torch.tensor([json.loads((golden / name / "chat.json").read_text("utf-8"))[0]["input_ids"]])
    model(ids)
    assert len(num_alive) > 1
    assert max(num_alive) <= 2  # a layer's input and its output
    states = model(ids, output_hidden_states=True).hidden_states
    assert len(states) == model.config.num_layers + 1


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
@torch.inference_mode()
def test_groups_share_keys_and_values(groups: int) -> None:
    """A cached token is what the same token is in one pass, whatever shares a head."""
    model, ids = small(multi_query_group_num=groups), torch.randint(96, (2, 9))
    whole = model(ids)
    first = model(ids[:, :6], use_cache=True)
    rest = model(ids[:, 6:], past_key_values=first.past_key_values, use_cache=True)
    torch.testing.assert_close(rest.logits, whole.logits[:, 6:])
    assert first.past_key_values.layers[0].keys.shape[1] == groups


@torch.inference_mode()
def test_left_padding_changes_nothing() -> None:
    model, ids = small(), torch.randint(96, (1, 7))
    padded = torch.cat((torch.zeros(1, 4, dtype=torch.long), ids), dim=1)
    mask = torch.tensor([[0] * 4 + [1] * 7])
    torch.testing.assert_close(model(padded, attention_mask=mask).logits[:, 4:], model(ids).logits)
    arguments = {"max_new_tokens": 5, "do_sample": False, "eos_token_id": 95}
    ours = model.generate(padded, attention_mask=mask, **arguments)
    assert ours[:, 4:].tolist() == model.generate(ids, **arguments).tolist()


@torch.inference_mode()
def test_a_prefix_is_seen_and_takes_no_position() -> None:
    model, ids = small(pre_seq_len=3), torch.randint(96, (1, 6))
    with_prefix = model(ids, use_cache=True)
    assert with_prefix.past_key_values.get_seq_length() == 9
    model.transformer.prefix_encoder.embedding.weight.data += 5
    assert not torch.allclose(model(ids).logits, with_prefix.logits)


def test_the_loss_is_of_the_next_token() -> None:
    model, ids = small(), torch.randint(96, (2, 5))
    expected = torch.nn.functional.cross_entropy(model(ids).logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
    torch.testing.assert_close(model(ids, labels=ids).loss, expected)


def test_half_precision_tables_differ_between_the_generations() -> None:
    """ChatGLM2 counts positions in float16, ChatGLM3 in float32."""
    positions = torch.tensor([[2049]])
    second = pair_tables(positions, 64, torch.float16, is_float32=False)[1]
    third = pair_tables(positions, 64, torch.float16, is_float32=True)[1]
    assert not torch.equal(second, third)
    torch.testing.assert_close(third[0, 0, 0].float(), torch.tensor(2049.0).sin(), atol=1e-3, rtol=0)


def test_the_models_for_32k_tokens_stretch_their_positions_each_in_its_way() -> None:
    """ChatGLM2-6B-32k divides the position by the ratio, ChatGLM3-6B-32k multiplies the base by it."""
    positions = torch.tensor([[96]])
    second = pair_tables(positions, 8, torch.float32, is_float32=False, ratio=16)[1][0, 0]
    third = pair_tables(positions, 8, torch.float32, is_float32=True, ratio=50)[1][0, 0]
    steps = torch.arange(0, 8, 2) / 8
    torch.testing.assert_close(second, (6 * 10000.0**-steps).sin())
    torch.testing.assert_close(third, (96 * 500000.0**-steps).sin(), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("num_layers", 0, "num_layers"),
        ("kv_channels", 6, "multiple of 4"),
        ("multi_query_group_num", 4, "multiple of 'multi_query_group_num'"),
        ("rmsnorm", False, "rmsnorm"),
        ("post_layer_norm", False, "post_layer_norm"),
        ("rope_ratio", 0, "rope_ratio"),
    ],
)
def test_a_network_that_does_not_exist_is_refused(key: str, value: object, match: str) -> None:
    with pytest.raises(CheckpointError, match=match):
        ChatGLM2Config(**{**SMALL, "kv_channels": 8, key: value})
