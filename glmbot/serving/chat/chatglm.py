"""ChatGLM-6B's way of writing a conversation, and of tidying an answer."""

import re
from collections.abc import Sequence
from typing import Protocol

from glmbot.serving.chat.conversation import ConversationError

__all__ = ["ConversationError", "ResponseStream", "build_prompt", "encode_chat", "process_response"]

Exchange = tuple[str, str]
"""A question and its answer."""

TRAINING_TIME_MARK = "[[训练时间]]"
TRAINING_TIME = "2023年"
WIDE_FORMS = {",": "，", "!": "！", ":": "：", ";": "；", "?": "？"}
_HAN = "\u4e00-\u9fff"
_NARROW_BESIDE_HAN = re.compile(f"(?<=[{_HAN}])[,!:;?]|[,!:;?](?=[{_HAN}])")
_IS_HAN = re.compile(f"[{_HAN}]")


class PromptEncoder(Protocol):
    """What a tokenizer must offer."""

    def encode_text(self, text: str) -> list[int]:
        """Return the ids of plain text."""

    def build_inputs_with_special_tokens(self, token_ids_0: list[int]) -> list[int]:
        """Add the marks that make the ids of a text a prompt."""


def build_prompt(query: str, history: Sequence[Exchange], system: str | None = None) -> str:
    """Write a conversation as the model was trained to read it; a first question alone stays bare.

    The model knows no system role: such a text is put before the first round.
    """
    if not history and not system:
        return query
    rounds = [f"[Round {index}]\n问：{question}\n答：{answer}\n" for index, (question, answer) in enumerate(history)]
    opening = f"{system}\n" if system else ""
    return f"{opening}{''.join(rounds)}[Round {len(history)}]\n问：{query}\n答："


def encode_chat(tokenizer: PromptEncoder, messages: Sequence[tuple[str, str]]) -> list[int]:
    """Return the prompt of a conversation of (role, content): perhaps system, then user and assistant in turn.

    Marks like `<sop>` inside a message are plain text. Raises ConversationError when the last message is not the
    user's or the roles do not alternate.
    """
    prompt = build_prompt(*as_rounds(messages))
    return tokenizer.build_inputs_with_special_tokens(tokenizer.encode_text(prompt))


def as_rounds(messages: Sequence[tuple[str, str]]) -> tuple[str, list[Exchange], str | None]:
    """Return the question to answer, the exchanges before it, and the system text. Raises ConversationError."""
    system, turns = _split_system(messages)
    _check_turns(turns)
    contents = [content for _, content in turns]
    return contents[-1], list(zip(contents[:-1:2], contents[1::2], strict=True)), system


def _split_system(messages: Sequence[tuple[str, str]]) -> tuple[str | None, Sequence[tuple[str, str]]]:
    if messages and messages[0][0] == "system":
        return messages[0][1], messages[1:]
    return None, messages


def _check_turns(turns: Sequence[tuple[str, str]]) -> None:
    """Raise ConversationError unless the roles are user, assistant, user, ... and the last is user."""
    for index, (role, _) in enumerate(turns):
        expected = ("user", "assistant")[index % 2]
        if role not in ("system", "user", "assistant"):
            raise ConversationError(f"unknown role {role!r}; use 'system', 'user' or 'assistant'")
        if role != expected:
            raise ConversationError(
                f"expected a message of {expected!r} but found one of {role!r}; after one optional 'system' message, "
                "'user' and 'assistant' must take turns"
            )
    if len(turns) % 2 == 0:
        raise ConversationError("the last message must be of 'user': it is the one to answer")


def process_response(text: str) -> str:
    """Tidy a whole answer: no space around it, the training time, and wide punctuation beside Chinese characters."""
    return _widen(text.strip().replace(TRAINING_TIME_MARK, TRAINING_TIME))


def _widen(text: str) -> str:
    """Widen the punctuation that stands beside a Chinese character."""
    return _NARROW_BESIDE_HAN.sub(lambda found: WIDE_FORMS[found[0]], text)


class ResponseStream:
    """`process_response` for an answer that comes in pieces: what it returns, joined, is the same text.

    Holds back only what the next piece may change: space (it may be the end's), the beginning of
    `[[训练时间]]`, and a punctuation mark whose right neighbour decides.
    """

    def __init__(self) -> None:
        self._held = ""
        self._previous = ""

    def add(self, piece: str) -> str:
        """Take a piece of the answer; return the text that can no longer change."""
        text = self._held + piece
        if not self._previous:
            text = text.lstrip()
        return self._give(text, len(text) - self._num_open(text))

    def finish(self) -> str:
        """Return the text that was held back, when the answer is complete."""
        text = self._held.rstrip()
        return self._give(text, len(text))

    def _give(self, text: str, end: int) -> str:
        """Return the text up to `end`, tidied in view of its neighbours, and hold the rest."""
        given, self._held = text[:end].replace(TRAINING_TIME_MARK, TRAINING_TIME), text[end:]
        # what follows decides nothing here: a mark before a Chinese character is never cut off from it
        wide = _widen(self._previous + given)[len(self._previous) :]
        self._previous = (self._previous + given)[-1:]
        return wide

    def _num_open(self, text: str) -> int:
        """Count the last characters that may still change."""
        if num_mark := num_begun(text, TRAINING_TIME_MARK):
            return num_mark
        if num_space := len(text) - len(text.rstrip()):
            return num_space
        return 1 if text[-1:] in WIDE_FORMS and not self._follows_han(text) else 0

    def _follows_han(self, text: str) -> bool:
        """Tell whether the character before the last is Chinese, so that the last is sure to be widened."""
        before = (self._previous + text.replace(TRAINING_TIME_MARK, TRAINING_TIME))[-2:-1]
        return bool(_IS_HAN.match(before))


def num_begun(text: str, mark: str) -> int:
    """Count the last characters of `text` that `mark` may begin with."""
    lengths = range(min(len(mark) - 1, len(text)), 0, -1)
    return next((length for length in lengths if mark.startswith(text[-length:])), 0)
