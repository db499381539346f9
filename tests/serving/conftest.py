"""Where the model's tests find reference values, and a small model with its tokenizer."""

from pathlib import Path

import pytest
import torch

from glmbot.serving.loading.weights import load_model, load_tokenizer
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "chatglm"
SHARED = ROOT.parent / "shared" / "fixtures" / "chatglm"


@pytest.fixture(scope="session")
def golden() -> Path:
    """The reference values that come with the source."""
    return GOLDEN


@pytest.fixture(scope="session")
def shared() -> Path:
    """The whole set of reference values."""
    if not SHARED.is_dir():
        pytest.skip("the whole set of reference values is not in ../shared/fixtures/chatglm")
    return SHARED


@pytest.fixture(scope="session")
def tiny() -> ChatGLMForConditionalGeneration:
    return load_model(GOLDEN / "v1_tiny", torch.float32, torch.device("cpu"))


@pytest.fixture(scope="session")
def tokenizer() -> ChatGLMTokenizer:
    return load_tokenizer(GOLDEN / "v1_e2e")
