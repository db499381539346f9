"""ChatGLM2-6B's way of writing a conversation, and of tidying an answer; ChatGLM3-6B tidies likewise."""

from collections.abc import Sequence

from glmbot.serving.chat.chatglm import (
    TRAINING_TIME,
    TRAINING_TIME_MARK,
    Exchange,
    PromptEncoder,
    as_rounds,
    num_begun,
)


def build_prompt(query: str, history: Sequence[Exchange], system: str | None = None) -> str:
    """Write a conversation as the model was trained to read it, with rounds from 1 on, a first question too.

    The model knows no system role: such a text is put before the first round.
    """
    rounds = [f"[Round {index}]\n\n问：{ask}\n\n答：{say}\n\n" for index, (ask, say) in enumerate(history, start=1)]
    opening = f"{system}\n\n" if system else ""
    return f"{opening}{''.join(rounds)}[Round {len(history) + 1}]\n\n问：{query}\n\n答："


def encode_chat(tokenizer: PromptEncoder, messages: Sequence[tuple[str, str]]) -> list[int]:
    """Return the prompt of a conversation of (role, content), [gMASK] and sop in front. Raises ConversationError."""
    return tokenizer.build_inputs_with_special_tokens(tokenizer.encode_text(build_prompt(*as_rounds(messages))))


def process_response(text: str) -> str:
    """Tidy a whole answer: no space around it, and the training time."""
    return text.strip().replace(TRAINING_TIME_MARK, TRAINING_TIME)


class TidyStream:
    """`process_response` for an answer that comes in pieces: what it returns, joined, is the same text.

    Holds back space, which may be the end's, and the beginning of `[[训练时间]]`. Without `is_marked` it only strips.
    """

    def __init__(self, *, is_marked: bool = True) -> None:
        self._is_marked = is_marked
        self._held = ""
        self._has_begun = False

    def add(self, piece: str) -> str:
        """Take a piece of the answer; return the text that can no longer change."""
        text = self._held + piece
        if not self._has_begun:
            text = text.lstrip()
        return self._give(text, len(text) - self._num_open(text))

    def finish(self) -> str:
        """Return the text that was held back, when the answer is complete."""
        text = self._held.rstrip()
        return self._give(text, len(text))

    def _give(self, text: str, end: int) -> str:
        given, self._held = text[:end], text[end:]
        self._has_begun = self._has_begun or bool(text)
        return given.replace(TRAINING_TIME_MARK, TRAINING_TIME) if self._is_marked else given

    def _num_open(self, text: str) -> int:
        """Count the last characters that may still change."""
        return (self._is_marked and num_begun(text, TRAINING_TIME_MARK)) or len(text) - len(text.rstrip())
