"""Makes our models known to transformers' Auto classes."""

from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.config import ChatGLMConfig
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer


def register() -> None:
    """Let `AutoModelForCausalLM` and `AutoTokenizer` load ChatGLM-6B directories, without code from them.

    Call it once at start; calling it again changes nothing.
    """
    AutoConfig.register(ChatGLMConfig.model_type, ChatGLMConfig, exist_ok=True)
    AutoModelForCausalLM.register(ChatGLMConfig, ChatGLMForConditionalGeneration, exist_ok=True)
    AutoTokenizer.register(ChatGLMConfig, slow_tokenizer_class=ChatGLMTokenizer, exist_ok=True)
