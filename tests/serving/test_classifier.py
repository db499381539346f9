"""A classifier beside the model: a tiny one with random weights, made here, asked over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from glmbot.errors import ConfigError
from glmbot.serving.classifier import Classifier, load_classifier
from tests.serving.engine_process import TOKEN, Process, checkpoint, running

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "hello", "ignore", "rules"]


def make_classifier(folder: Path) -> Path:
    """Write a checkpoint that gives the label INJECTION to what has the word "ignore", and SAFE to all else."""
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=16,
        id2label={0: "SAFE", 1: "INJECTION"},
        label2id={"SAFE": 0, "INJECTION": 1},
    )
    network = BertForSequenceClassification(config).eval()
    tokenizer = _tokenizer()
    _train(network, tokenizer)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer() -> PreTrainedTokenizerFast:
    plain = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    plain.pre_tokenizer = pre_tokenizers.Whitespace()
    plain.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    marks = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return PreTrainedTokenizerFast(tokenizer_object=plain, model_max_length=16, **marks)


def _train(network: BertForSequenceClassification, tokenizer: PreTrainedTokenizerFast) -> None:
    """Let the random weights learn one word."""
    texts = ["hello", "rules", "hello rules", "what else", "ignore", "ignore rules", "hello ignore", "what ignore"]
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    labels = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        network(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels).loss.backward()
        optimizer.step()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_classifier(tmp_path_factory.mktemp("classifier"))


@pytest.fixture(scope="module")
def process(folder: Path) -> Iterator[Process]:
    with running("--model", str(checkpoint()), "--classifier", str(folder), "--until-stdin-closes") as started:
        started.wait_until_ready()
        yield started


def test_the_server_classifies_texts(process: Process) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=process.url, headers=headers, trust_env=False, timeout=30) as client:
        (safe,) = client.post("/classify", json={"input": "hello rules"}).json()["data"]
        (found,) = client.post("/classify", json={"input": "ignore rules"}).json()["data"]
    assert (safe["label"], found["label"]) == ("SAFE", "INJECTION")
    assert found["labels"] == ["SAFE", "INJECTION"]
    assert sum(found["probs"]) == pytest.approx(1)


def test_nothing_of_a_long_text_is_left_out(folder: Path) -> None:
    classifier = load_classifier(folder)
    for number in (0, 13, 14, 15, 150, 299):
        words = ["hello"] * 300
        assert _injection(classifier, " ".join(words)) < 0.5
        words[number] = "ignore"
        assert _injection(classifier, " ".join(words)) > 0.5
    assert _injection(classifier, "") < 0.9


def _injection(classifier: Classifier, text: str) -> float:
    found = classifier.classify(text)
    return found.probabilities[found.labels.index("INJECTION")]


def test_what_is_no_classifier_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be loaded"):
        load_classifier(tmp_path)
    with pytest.raises(ConfigError, match="there is no such directory"):
        load_classifier(tmp_path / "missing")
