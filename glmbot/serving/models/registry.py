"""Makes our models known to transformers' Auto classes, and builds them."""

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PretrainedConfig

from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.chatglm2 import ChatGLM2ForConditionalGeneration
from glmbot.serving.models.config import ChatGLMConfig
from glmbot.serving.models.config2 import ChatGLM2Config
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer
from glmbot.serving.tokenizers.chatglm2 import ChatGLM2Tokenizer

ChatGLMNetwork = ChatGLMForConditionalGeneration | ChatGLM2ForConditionalGeneration
"""What `build_empty` makes."""


def register() -> None:
    """Let `AutoModelForCausalLM` and `AutoTokenizer` load directories of all three generations, without their code.

    Call it once at start; calling it again changes nothing.
    """
    AutoConfig.register(ChatGLMConfig.model_type, ChatGLMConfig, exist_ok=True)
    AutoModelForCausalLM.register(ChatGLMConfig, ChatGLMForConditionalGeneration, exist_ok=True)
    AutoModelForCausalLM.register(ChatGLM2Config, ChatGLM2ForConditionalGeneration, exist_ok=True)
    AutoTokenizer.register(ChatGLMConfig, slow_tokenizer_class=ChatGLMTokenizer, exist_ok=True)
    AutoTokenizer.register(ChatGLM2Config, slow_tokenizer_class=ChatGLM2Tokenizer, exist_ok=True)


def build_empty(config: PretrainedConfig) -> ChatGLMNetwork:
    """Build the network of a configuration without memory for its weights: on the meta device."""
    with torch.device("meta"):
        if isinstance(config, ChatGLM2Config):
            return ChatGLM2ForConditionalGeneration(config)
        assert isinstance(config, ChatGLMConfig)
        return ChatGLMForConditionalGeneration(config)
