"""The text side of each model family: tokenizer, chat format, end marks, and how it wants to be sampled."""

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from transformers import PreTrainedTokenizerBase

from glmbot.serving.chat import chatglm, chatglm2, chatglm3
from glmbot.serving.chat.conversation import ChatMessage, Tool, ToolCall, plain_turns
from glmbot.serving.chat.native import NativeText
from glmbot.serving.chat.tool_calls import read_python_call
from glmbot.serving.chat.tool_streams import CallForm, NamedCallStream
from glmbot.serving.engine.detokenizer import Detokenizer, TextDecoder
from glmbot.serving.engine.sequence import Sampling
from glmbot.serving.loaded_model import ChatText
from glmbot.serving.models.family import Family

SAMPLING: Mapping[Family, Sampling] = {
    Family.CHATGLM: Sampling(temperature=0.95, top_p=0.7, top_k=50),
    Family.CHATGLM2: Sampling(temperature=0.8, top_p=0.8, top_k=50),
    Family.CHATGLM3: Sampling(temperature=0.8, top_p=0.8, top_k=50),
    Family.NATIVE: Sampling(temperature=1.0, top_p=1.0, top_k=50),
}
"""Where generation_config.json says nothing: the defaults of the published chat(), and the library's of the time."""

PYTHON_CALL = CallForm("```", read_python_call)


class GLMTokenizer(chatglm.PromptEncoder, TextDecoder, Protocol):
    """What the tokenizers of ChatGLM and ChatGLM2 must offer."""

    @property
    def eos_token_id(self) -> int:
        """The mark that ends an answer."""

    def token_bytes(self, token: int) -> bytes:
        """Return the text of one token in UTF-8."""


class RoleTokenizer(chatglm3.RoleEncoder, GLMTokenizer, Protocol):
    """What ChatGLM3's tokenizer must offer."""


def chat_text_for(family: Family, tokenizer: object) -> ChatText:
    """Return the text side of a checkpoint. Raises CheckpointError for a native tokenizer without a chat template."""
    match family:
        case Family.CHATGLM:
            return ChatGLMText(cast(GLMTokenizer, tokenizer))
        case Family.CHATGLM2:
            return ChatGLM2Text(cast(GLMTokenizer, tokenizer))
        case Family.CHATGLM3:
            return ChatGLM3Text(cast(RoleTokenizer, tokenizer))
        case Family.NATIVE:
            return NativeText(cast(PreTrainedTokenizerBase, tokenizer))


class ChatGLMText:
    """ChatGLM-6B's tokenizer and chat format."""

    def __init__(self, tokenizer: GLMTokenizer) -> None:
        self._tokenizer = tokenizer
        self.end_tokens = frozenset({int(tokenizer.eos_token_id)})

    def encode_chat(self, messages: Sequence[ChatMessage], tools: Sequence[Tool] = ()) -> list[int]:
        """Return the prompt for a conversation. Raises ConversationError, with a reason, where there is none."""
        return chatglm.encode_chat(self._tokenizer, plain_turns(messages, tools, "ChatGLM-6B"))

    def encode(self, text: str) -> list[int]:
        """Return the prompt for bare text."""
        return self._tokenizer.build_inputs_with_special_tokens(self._tokenizer.encode_text(text))

    def token_bytes(self, token: int) -> bytes:
        """Return the text of one token in UTF-8, perhaps a part of a character; of a mark its name, if it has one."""
        return self._tokenizer.token_bytes(token)

    def new_response(self, tools: Sequence[Tool] = ()) -> "ChatGLMResponse":
        """Begin an answer."""
        return ChatGLMResponse(self._tokenizer, chatglm.ResponseStream())


class ChatGLM2Text:
    """ChatGLM2-6B's tokenizer and chat format."""

    def __init__(self, tokenizer: GLMTokenizer) -> None:
        self._tokenizer = tokenizer
        self.end_tokens = frozenset({int(tokenizer.eos_token_id)})

    def encode_chat(self, messages: Sequence[ChatMessage], tools: Sequence[Tool] = ()) -> list[int]:
        """Return the prompt for a conversation. Raises ConversationError, with a reason, where there is none."""
        return chatglm2.encode_chat(self._tokenizer, plain_turns(messages, tools, "ChatGLM2-6B"))

    def encode(self, text: str) -> list[int]:
        """Return the prompt for bare text."""
        return self._tokenizer.build_inputs_with_special_tokens(self._tokenizer.encode_text(text))

    def token_bytes(self, token: int) -> bytes:
        """Return the text of one token in UTF-8, perhaps a part of a character; of a mark its name, if it has one."""
        return self._tokenizer.token_bytes(token)

    def new_response(self, tools: Sequence[Tool] = ()) -> "ChatGLMResponse":
        """Begin an answer."""
        return ChatGLMResponse(self._tokenizer, chatglm2.TidyStream())


class TextStream(Protocol):
    """Tidies text that comes in pieces."""

    def add(self, piece: str) -> str:
        """Take a piece; return the text that can no longer change."""

    def finish(self) -> str:
        """Return the text that was held back."""


class ChatGLMResponse:
    """The tokens of one answer as tidied text."""

    drops_token_at_limit = False
    tool_calls: Sequence[ToolCall] = ()

    def __init__(self, tokenizer: TextDecoder, stream: TextStream) -> None:
        self._detokenizer = Detokenizer(tokenizer)
        self._stream = stream

    def add(self, token: int) -> str:
        """Take one token; return the text that is certain by now."""
        return self._stream.add(self._detokenizer.add(token))

    def finish(self) -> str:
        """Return the text that was still held back."""
        return self._stream.add(self._detokenizer.finish()) + self._stream.finish()


class ChatGLM3Text:
    """ChatGLM3-6B's tokenizer and chat format."""

    def __init__(self, tokenizer: RoleTokenizer) -> None:
        self._tokenizer = tokenizer
        marks = map(tokenizer.convert_tokens_to_ids, chatglm3.ENDING_ROLES)
        self.end_tokens = frozenset({int(tokenizer.eos_token_id), *marks})

    def encode_chat(self, messages: Sequence[ChatMessage], tools: Sequence[Tool] = ()) -> list[int]:
        """Return the prompt for a conversation. Raises ConversationError, with a reason, where there is none."""
        return chatglm3.encode_chat(self._tokenizer, messages, tools)

    def encode(self, text: str) -> list[int]:
        """Return the prompt for bare text."""
        return self._tokenizer.build_inputs_with_special_tokens(self._tokenizer.encode_text(text))

    def token_bytes(self, token: int) -> bytes:
        """Return the text of one token in UTF-8, perhaps a part of a character; of a mark its name, if it has one."""
        return self._tokenizer.token_bytes(token)

    def new_response(self, tools: Sequence[Tool] = ()) -> "ChatGLM3Response":
        """Begin an answer, in which these tools may be called."""
        return ChatGLM3Response(self._tokenizer, [tool.name for tool in tools])


class ChatGLM3Response:
    """The tokens of one answer as tidied text and calls of tools: each turn that it takes is one or the other.

    The published code returns the last turn alone. Here all texts are the answer, on lines of their own, since what
    was streamed cannot be taken back.
    """

    drops_token_at_limit = True

    def __init__(self, tokenizer: RoleTokenizer, names: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._assistant = tokenizer.convert_tokens_to_ids(chatglm3.ASSISTANT)
        self._names = names
        self._has_earlier_text = self._has_text = False
        self.tool_calls: list[ToolCall] = []
        self._begin_turn()

    def add(self, token: int) -> str:
        """Take one token; return the text that is certain by now."""
        if token != self._assistant:
            return self._show(self._turn.add(self._detokenizer.add(token)))
        shown = self.finish()
        self._begin_turn()
        return shown

    def finish(self) -> str:
        """Return the text that was still held back."""
        shown = self._show(self._turn.add(self._detokenizer.finish()) + self._turn.finish())
        if self._turn.call:
            self.tool_calls.append(self._turn.call)
        return shown

    def _begin_turn(self) -> None:
        self._has_earlier_text = self._has_text
        self._detokenizer = Detokenizer(self._tokenizer)
        self._turn = NamedCallStream(PYTHON_CALL, self._names, chatglm2.TidyStream())

    def _show(self, text: str) -> str:
        """Part a turn's text from that of an earlier turn."""
        is_parted = text and self._has_earlier_text
        self._has_text = self._has_text or bool(text)
        self._has_earlier_text = self._has_earlier_text and not text
        return f"\n{text}" if is_parted else text
