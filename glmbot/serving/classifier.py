"""A classifier of texts beside the model: any checkpoint of transformers for sequence classification."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmbot.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

MAX_WINDOW = 512
"""Tokens that are looked at together, where the checkpoint does not take fewer."""
NUM_AT_ONCE = 8
"""Windows of one pass."""


@dataclass(frozen=True, slots=True)
class Classified:
    """Labels, and the probability of each: of a long text the highest that any of its windows has."""

    labels: Sequence[str]
    probabilities: Sequence[float]


class Classifier:
    """Classifies texts of any length; blocks while it does."""

    def __init__(self, network: Any, tokenizer: Any) -> None:
        self._network = network
        self._tokenizer = tokenizer
        names = network.config.id2label
        self.labels: Sequence[str] = [str(names[index]) for index in range(network.config.num_labels)]

    def classify(self, text: str) -> Classified:
        """Return how probable each label is."""
        import torch

        with torch.inference_mode():
            highest = torch.cat([self._probabilities(windows) for windows in self._batches(text)]).amax(dim=0)
        return Classified(self.labels, highest.tolist())

    def _probabilities(self, windows: Sequence[Sequence[int]]) -> "Tensor":
        """Return the probabilities of windows: (B, labels) of B windows."""
        batch = self._tokenizer.pad({"input_ids": list(windows)}, return_tensors="pt")
        logits: Tensor = self._network(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
        return logits.float().softmax(dim=-1)

    def _batches(self, text: str) -> Sequence[Sequence[Sequence[int]]]:
        """Cut a text into windows, each with the marks of the checkpoint around it; neighbours share a quarter."""
        longest = getattr(self._network.config, "max_position_embeddings", MAX_WINDOW)
        most = min(MAX_WINDOW, self._tokenizer.model_max_length, longest)
        cut = self._tokenizer(
            text, truncation=True, max_length=most, stride=most // 4, return_overflowing_tokens=True, verbose=False
        )
        windows = cut["input_ids"]
        return [windows[begin : begin + NUM_AT_ONCE] for begin in range(0, len(windows), NUM_AT_ONCE)]


def load_classifier(directory: Path) -> Classifier:
    """Load a classifier from a directory, without network and without running code of the checkpoint.

    Raises ConfigError.
    """
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    kept = {"local_files_only": True, "trust_remote_code": False}
    try:
        if not directory.is_dir():
            raise OSError("there is no such directory")
        tokenizer = AutoTokenizer.from_pretrained(directory, **kept)
        if not tokenizer.is_fast:
            raise ValueError("its tokenizer has no tokenizer.json")
        network = AutoModelForSequenceClassification.from_pretrained(directory, use_safetensors=True, **kept)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the classifier {str(directory)!r} cannot be loaded: {error}; name a directory with a checkpoint of "
            "transformers for sequence classification, in safetensors, and its tokenizer"
        ) from error
    return Classifier(network.eval(), tokenizer)
