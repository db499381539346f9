"""What a loaded checkpoint gives the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from glmbot.serving.chat.conversation import ChatMessage, Tool, ToolCall
from glmbot.serving.engine.sequence import Sampling

if TYPE_CHECKING:  # the engine brings torch, and the server listens before torch is there
    from glmbot.serving.engine.engine import Engine


class ResponseText(Protocol):
    """Turns the tokens of one answer into text and calls of tools, as they come."""

    @property
    def drops_token_at_limit(self) -> bool:
        """Whether the token at which the length limit ends the answer is left out of it, as ChatGLM3 is published."""

    @property
    def tool_calls(self) -> Sequence[ToolCall]:
        """The calls; complete after `finish`."""

    def add(self, token: int) -> str:
        """Take one token; return the text that is certain by now."""

    def finish(self) -> str:
        """Return the text that was still held back."""


class ChatText(Protocol):
    """The text side of a checkpoint: its tokenizer and its way of writing a conversation."""

    @property
    def end_tokens(self) -> frozenset[int]:
        """The tokens that end an answer as the chat format has them; the checkpoint's configuration may have more."""

    def encode_chat(self, messages: Sequence[ChatMessage], tools: Sequence[Tool] = ()) -> list[int]:
        """Return the prompt for a conversation. Raises ConversationError, with a reason, where there is none."""

    def encode(self, text: str) -> list[int]:
        """Return the prompt for bare text."""

    def token_bytes(self, token: int) -> bytes:
        """Return the text of one token in UTF-8, perhaps a part of a character; of a mark its name, if it has one."""

    def new_response(self, tools: Sequence[Tool] = ()) -> ResponseText:
        """Begin an answer, in which these tools may be called."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A checkpoint that is ready to answer. `max_length` counts prompt and answer together, in tokens."""

    engine: "Engine"
    chat: ChatText
    max_length: int
    sampling: Sampling
