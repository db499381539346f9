"""ChatGLM-6B's network against the published implementation's values."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from fidelity import run
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from glmbot.errors import CheckpointError
from glmbot.serving.engine.decoder import ChatGLMDecoder
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.config import ChatGLMConfig
from glmbot.serving.models.positions import PromptError, next_positions
from glmbot.serving.models.registry import register
from glmbot.serving.models.rotary import inverse_frequencies, rotary_tables
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer
from tests.serving.conftest import ROOT

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def cases(golden: Path) -> dict[str, Tensor]:
    return load_file(golden / "v1_tiny" / "cases.safetensors")


def test_every_golden_case_agrees(golden: Path) -> None:
    report = run(golden, only="", tokenizers=golden, verbose=False)
    assert report.failed == report.skipped == []
    assert len(report.passed) > 200
    assert report.worst["logit"] < TOLERANCE > report.worst["hidden"]


@pytest.mark.timeout(300)
def test_every_shared_case_agrees(shared: Path) -> None:
    report = run(shared, only="", tokenizers=shared.parents[1] / "tokenizers", verbose=False)
    assert report.failed == report.skipped == []
    assert len(report.passed) > 1300


def test_the_benchmark_sees_a_wrong_weight(golden: Path, tmp_path: Path) -> None:
    for path in (golden / "v1_tiny").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = load_file(tmp_path / "model.safetensors")
    weights["transformer.layers.1.attention.dense.bias"][0] += 0.1
    save_file(weights, tmp_path / "model.safetensors")
    command = [sys.executable, "-W", "error", "benchmarks/fidelity.py", str(tmp_path), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 1, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert f"{tmp_path.name}/single_gmask" in figures["failed"]
    assert figures["worst_logit_diff"] > TOLERANCE


@torch.inference_mode()
def test_a_prompt_gives_the_published_logits(tiny: ChatGLMForConditionalGeneration, cases: dict[str, Tensor]) -> None:
    logits = tiny(cases["single_gmask/input_ids"]).logits
    torch.testing.assert_close(logits, cases["single_gmask/logits"], atol=TOLERANCE, rtol=0)


@torch.inference_mode()
def test_tokens_one_by_one_give_what_the_whole_gives(tiny: ChatGLMForConditionalGeneration) -> None:
    prompt, answer = [20, 30, 40, 151, 154], [50, 60, 70]
    whole = tiny(torch.tensor([prompt + answer])).logits[0]
    decoder = ChatGLMDecoder(tiny)
    steps = [decoder.prefill(prompt), *(decoder.decode(token) for token in answer)]
    torch.testing.assert_close(torch.stack(steps), whole[len(prompt) - 1 :], atol=1e-5, rtol=0)


@torch.inference_mode()
def test_padding_changes_no_row(tiny: ChatGLMForConditionalGeneration) -> None:
    short, long = [20, 30, 151, 154], [20, 30, 40, 50, 151, 154, 60]
    batch = torch.tensor([[3, 3, 3, *short], long])
    logits = tiny(batch, attention_mask=(batch != 3).long()).logits
    for row, prompt in zip(logits, (short, long), strict=True):
        alone = tiny(torch.tensor([prompt])).logits[0]
        torch.testing.assert_close(row[-len(prompt) :], alone, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_the_answer_does_not_change_the_prompt(tiny: ChatGLMForConditionalGeneration) -> None:
    logits = [tiny(torch.tensor([[20, 30, 40, 151, 154, *answer]])).logits[0, :5] for answer in ([50, 60], [70, 80])]
    torch.testing.assert_close(logits[0], logits[1], atol=1e-6, rtol=0)
    changed = tiny(torch.tensor([[20, 30, 41, 151, 154]])).logits[0, :2]  # but the prompt sees itself both ways
    assert not torch.allclose(logits[0][:2], changed, atol=1e-3)


def test_a_batch_of_the_tokenizer_trains_and_generates(golden: Path) -> None:
    register()
    register()  # again changes nothing
    model = AutoModelForCausalLM.from_pretrained(golden / "v1_e2e", dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(golden / "v1_e2e")
    assert isinstance(model, ChatGLMForConditionalGeneration)
    assert isinstance(tokenizer, ChatGLMTokenizer)
    batch = tokenizer(["你好", "今天天气怎么样"], padding=True, return_tensors="pt")
    generated = model.generate(**batch, max_new_tokens=5, do_sample=False)
    alone = model.generate(**tokenizer("你好", return_tensors="pt"), max_new_tokens=5, do_sample=False)
    assert generated[0, -5:].tolist() == alone[0, -5:].tolist()
    labels = torch.where(batch["input_ids"] == tokenizer.pad_token_id, -100, batch["input_ids"])
    loss = model(**batch, labels=labels).loss
    loss.backward()
    assert loss.isfinite()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in model.parameters())


def test_the_loss_counts_labelled_tokens_only(tiny: ChatGLMForConditionalGeneration) -> None:
    ids = torch.tensor([[20, 30, 151, 154, 60, 70, 155]])
    labels = torch.tensor([[-100, -100, -100, -100, 60, 70, 155]])
    with torch.inference_mode():
        out = tiny(ids, labels=labels)
    expected = -out.logits[0, 3:6].log_softmax(dim=-1).gather(1, labels[0, 4:, None]).mean()
    torch.testing.assert_close(out.loss, expected)


def test_a_saved_model_comes_back(golden: Path, tmp_path: Path) -> None:
    register()
    for auto in (AutoModelForCausalLM, AutoTokenizer):
        auto.from_pretrained(golden / "v1_e2e").save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert (
        again("[gMASK] </s>你好").input_ids
        == AutoTokenizer.from_pretrained(golden / "v1_e2e")("[gMASK] </s>你好").input_ids
    )
    assert isinstance(AutoModelForCausalLM.from_pretrained(tmp_path), ChatGLMForConditionalGeneration)


@pytest.mark.parametrize(("ids", "missing"), [([20, 151, 30], "start token"), ([20, 154, 30], "neither")])
def test_ids_that_are_no_prompt_are_refused(
    tiny: ChatGLMForConditionalGeneration, ids: list[int], missing: str
) -> None:
    with pytest.raises(PromptError, match=missing):
        tiny(torch.tensor([ids]))


def test_after_a_cache_positions_must_be_given(tiny: ChatGLMForConditionalGeneration) -> None:
    cache = tiny(torch.tensor([[20, 151, 154]]), use_cache=True).past_key_values
    with pytest.raises(PromptError, match="next_positions"):
        tiny(torch.tensor([[30]]), past_key_values=cache)


def test_positions_go_on_in_the_block_only() -> None:
    assert next_positions(torch.tensor([[[0, 1, 2, 1], [0, 0, 0, 1]]])).tolist() == [[[1], [2]]]
    assert next_positions(torch.tensor([[0, 1, 2, 3]])).tolist() == [[4]]


def test_the_first_revision_has_ids_of_its_own() -> None:
    """Its config.json names no mask: 20,000 image tokens stand before all other ids."""
    config = ChatGLMConfig(vocab_size=150528, bos_token_id=150004, eos_token_id=150005)
    assert (config.mask_token_id, config.gmask_token_id, config.pad_token_id) == (150000, 150001, 20003)


@pytest.mark.parametrize(("key", "size"), [("num_layers", 0), ("hidden_size", -1), ("vocab_size", "many")])
def test_a_size_that_is_none_is_named(key: str, size: object) -> None:
    with pytest.raises(CheckpointError, match=key):
        ChatGLMConfig(**{key: size})


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float16, 0.05), (torch.bfloat16, 0.5)])
@torch.inference_mode()
def test_half_precision_stays_near(
    tiny: ChatGLMForConditionalGeneration, cases: dict[str, Tensor], dtype: torch.dtype, tolerance: float
) -> None:
    half = ChatGLMForConditionalGeneration(tiny.config).to(dtype)
    half.load_state_dict(tiny.state_dict())
    logits = half.train(False)(cases["single_gmask/input_ids"]).logits
    assert logits.dtype == dtype
    torch.testing.assert_close(logits.float(), cases["single_gmask/logits"], atol=tolerance, rtol=0)


def test_bfloat16_keeps_neighbouring_positions_apart() -> None:
    positions = torch.tensor([2000, 2001])  # one number in bfloat16
    cosines, _ = rotary_tables(positions, inverse_frequencies(64), torch.bfloat16)
    assert not torch.equal(cosines[0], cosines[1])
