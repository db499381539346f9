"""What a loaded checkpoint gives the server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from glmbot.serving.engine.sequence import Sampling

if TYPE_CHECKING:  # the engine brings torch, and the server listens before torch is there
    from glmbot.serving.engine.engine import Engine


class ResponseText(Protocol):
    """Turns the tokens of one answer into text, as they come."""

    def add(self, token: int) -> str:
        """Take one token; return the text that is certain by now."""

    def finish(self) -> str:
        """Return the text that was still held back."""


class ChatText(Protocol):
    """The text side of a checkpoint: its tokenizer and its way of writing a conversation."""

    def encode_chat(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Return the prompt for a conversation. Raises ValueError, with a reason, for one that has no prompt."""

    def encode(self, text: str) -> list[int]:
        """Return the prompt for bare text."""

    def new_response(self) -> ResponseText:
        """Begin an answer."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A checkpoint that is ready to answer. `max_length` counts prompt and answer together, in tokens."""

    engine: "Engine"
    chat: ChatText
    max_length: int
    sampling: Sampling
