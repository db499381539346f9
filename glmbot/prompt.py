"""What the model is given: a system text, the turns that fit, and the question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of the OpenAI chat form."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer, as stored. `num_tokens` counts both, 0 where it is not known."""

    question: str
    answer: str
    num_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Prompt:
    """Everything one answer is computed from."""

    question: str
    turns: tuple[Turn, ...] = ()
    system: str | None = None

    def messages(self) -> Sequence[ChatMessage]:
        """Return the prompt in the OpenAI chat form, oldest first."""
        messages = [ChatMessage("system", self.system)] if self.system else []
        for turn in self.turns:
            messages += [ChatMessage("user", turn.question), ChatMessage("assistant", turn.answer)]
        return [*messages, ChatMessage("user", self.question)]
