"""What the scripted model answers, and its ledger: every question must come with the true history before it."""

import re
from collections import Counter

from tests.fakes.model import Messages

MARK = re.compile(r"\bc\d+-\d+/\d+")
"""Stands in every part of an answer: chat, number of the question, number of the mark in the answer."""
_TAG = re.compile(r"c(\d+)-(\d+)\b")
FILLER = "grüße 你好 🙂 naïve  text"


def question(chat: str, number: int) -> str:
    """Return the question with this number in a chat, which is named "c" and a number."""
    return f"{chat}-{number} what about it? 怎么样 🙂"


def answer_pieces(text: str) -> list[str]:
    """Return the answer to a question, always the same: every seventh is too long for one message."""
    tag = text.partition(" ")[0]
    match = _TAG.fullmatch(tag)
    if match is None:
        return ["echo: ", text]
    if int(match[2]) % 7:
        return [f"{tag}/1 ", FILLER, f", {tag}/2", " end"]
    return [f"{tag}/{mark} {FILLER * 5} end.\n\n" for mark in range(1, 5)]


def answer(text: str) -> str:
    """Return the whole answer to a question."""
    return "".join(answer_pieces(text))


class AnswerLedger:
    """The script of the model."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.false_histories: list[str] = []

    def __call__(self, messages: Messages) -> list[str]:
        """Answer the last message."""
        *history, last = [message["content"] for message in messages if message["role"] != "system"]
        self.asked[last] += 1
        self._check(history, last)
        return answer_pieces(last)

    def _check(self, history: list[str], last: str) -> None:
        questions, answers = history[::2], history[1::2]
        if any(answer(old) != given for old, given in zip(questions, answers, strict=True)):
            self.false_histories.append(f"an answer before {last!r} is not what was answered")
        places = [_place(text) for text in (*questions, last)]
        if places != sorted(set(places)) or len({chat for chat, _ in places}) > 1:
            self.false_histories.append(f"the questions before {last!r} are out of order: {places}")


def _place(text: str) -> tuple[int, int]:
    match = _TAG.match(text)
    return (int(match[1]), int(match[2])) if match else (0, 0)
