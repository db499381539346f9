"""What is chosen when a checkpoint is loaded."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from torch.nn.modules.module import register_module_forward_pre_hook
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from glmbot.errors import CheckpointError, ConfigError
from glmbot.serving.engine.sequence import Output, Request, Sampling
from glmbot.serving.loaded_model import LoadedModel
from glmbot.serving.loading.checkpoint import LoadOptions, choose_device, default_sampling, load
from glmbot.serving.loading.precision import Precision
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration

OF_FAMILY = Sampling(0.95, 0.7, 50)


@pytest.mark.parametrize(
    ("content", "sampling"),
    [
        (None, Sampling(0.95, 0.7, 50)),
        ("{}", Sampling(0.95, 0.7, 50)),
        ('{"eos_token_id": 5, "_from_model_config": true}', Sampling(0.95, 0.7, 50)),
        ('{"do_sample": false}', Sampling(0.0, 0.7, 50)),
        ('{"do_sample": true, "temperature": 0.5, "top_p": 0.9, "top_k": 0}', Sampling(0.5, 0.9, 0)),
    ],
)
def test_the_checkpoint_says_how_it_is_sampled(tmp_path: Path, content: str | None, sampling: Sampling) -> None:
    if content is not None:
        (tmp_path / "generation_config.json").write_text(content, encoding="utf-8")
    assert default_sampling(tmp_path, OF_FAMILY) == sampling


@pytest.mark.parametrize("content", ['{"top_p": 7}', '{"top_p": null}', "[]", "{"])
def test_a_wrong_generation_config_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "generation_config.json").write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"generation_config\.json"):
        default_sampling(tmp_path, OF_FAMILY)


@pytest.mark.parametrize("name", ["cuda:99", "tpu", "mps", "gpu 1"])
def test_a_device_that_is_not_there_is_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        choose_device(name)


def test_a_model_that_is_ready_has_computed_alone_and_in_a_batch(golden: Path) -> None:
    """Torch sets up much at the first pass, and no sender should wait for that."""
    shapes = set()

    def note(module: torch.nn.Module, given: tuple[object, ...]) -> None:
        if isinstance(module, ChatGLMForConditionalGeneration) and isinstance(given[0], torch.Tensor):
            shapes.add(tuple(given[0].shape))

    handle = register_module_forward_pre_hook(note)
    load(golden / "v1_e2e", "cpu", 4)
    handle.remove()
    assert {(1, 1), (2, 1)} < shapes, "a prompt, a token of one, and of two"


def test_the_cpu_can_be_asked_for() -> None:
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("precision", [None, Precision.INT8, Precision.INT4])
def test_a_checkpoint_of_the_first_generation_answers(golden: Path, precision: Precision | None) -> None:
    loaded = load(golden / "v1_e2e", "cpu", 1, LoadOptions(precision=precision))
    assert len(first_outputs(loaded, 5)) == 5


@pytest.mark.parametrize("name", ["v1_ptuning", "v2_e2e", "v3_e2e"])
def test_later_generations_answer(shared: Path, name: str) -> None:
    if not (shared / name / "tokenizer_config.json").is_file():
        pytest.skip("has no tokenizer")
    loaded = load(shared / name, "cpu", 1)
    assert len(first_outputs(loaded, 5)) == 5


def first_outputs(loaded: LoadedModel, length: int) -> list[Output]:
    prompt = loaded.chat.encode("你好")
    loaded.engine.add(1, Request(prompt, length, Sampling(0.0)))
    outputs: list[Output] = []
    while loaded.engine.has_work:
        outputs += loaded.engine.step()
    assert "error" not in {output.finish for output in outputs}
    return outputs + [Output(1)] * (length - len(outputs))  # an end mark may come early


def test_a_native_model_answers(native: Path) -> None:
    loaded = load(native, "cpu", 1)
    assert loaded.max_length == 128
    assert len(first_outputs(loaded, 5)) == 5


@pytest.mark.parametrize("options", [LoadOptions(precision=Precision.INT4), LoadOptions(lora=Path("adapter"))])
def test_what_native_models_cannot_have_is_refused(native: Path, options: LoadOptions) -> None:
    with pytest.raises(ConfigError, match="ChatGLM models"):
        load(native, "cpu", 1, options)


def test_a_damaged_native_model_is_named(native: Path) -> None:
    (native / "model.safetensors").write_bytes(b"x")
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        load(native, "cpu", 1)


@pytest.fixture
def native(tmp_path: Path) -> Path:
    """A tiny Llama with a tokenizer of words and a chat template."""
    directory = tmp_path / "native"
    words = {word: index for index, word in enumerate(["<unk>", "</s>", "你好", "x"])}
    tokenizer = Tokenizer(WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="</s>")
    fast.chat_template = "{% for message in messages %}{{ message.content }} {% endfor %}"
    fast.save_pretrained(directory)
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = LlamaConfig(vocab_size=4, max_position_embeddings=128, eos_token_id=1, bos_token_id=None, **shape)
    LlamaForCausalLM(config).save_pretrained(directory)
    return directory
