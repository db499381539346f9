"""Parts an answer that comes in pieces into text to show and calls of tools."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from glmbot.serving.chat.chatglm import num_begun
from glmbot.serving.chat.chatglm2 import TidyStream
from glmbot.serving.chat.conversation import ToolCall
from glmbot.serving.chat.tool_calls import MAX_CHARACTERS, read_tagged_call


@dataclass(frozen=True, slots=True)
class CallForm:
    """How a model family writes the text of a call, below the line with the tool's name."""

    opening: str
    read: Callable[[str, str], ToolCall | None]


class NamedCallStream:
    """One turn of an answer: a call when its first line is a tool's name and the rest reads as one, else text.

    Holds back the text only while it may still become a call; text that is shown is never taken back.
    """

    def __init__(self, form: CallForm, names: Sequence[str], text: TidyStream) -> None:
        self._form = form
        self._names = names
        self._text = text
        self._held = ""
        self._is_text = not names
        self.call: ToolCall | None = None

    def add(self, piece: str) -> str:
        """Take a piece; return the text that is certain to be text."""
        if self._is_text:
            return self._text.add(piece)
        self._held += piece
        return "" if self._may_be_call() else self._release()

    def finish(self) -> str:
        """Return the text that was held back; when it was a call, there is none, and `call` is set."""
        name, line_end, body = self._held.partition("\n")
        if not self._is_text and line_end:
            self.call = self._form.read(name.strip(), body)
        return "" if self.call else self._release() + self._text.finish()

    def _may_be_call(self) -> bool:
        name, line_end, body = self._held.partition("\n")
        if len(self._held) > MAX_CHARACTERS:
            return False
        if not line_end:
            return any(known.startswith(name.strip()) for known in self._names)
        begun = body.lstrip()[: len(self._form.opening)]
        return name.strip() in self._names and self._form.opening.startswith(begun)

    def _release(self) -> str:
        self._is_text = True
        held, self._held = self._held, ""
        return self._text.add(held)


class TaggedCallStream:
    """Text in which calls stand between `<tool_call>` and `</tool_call>`, as Qwen and Hermes write them.

    What stands between the tags and is no call after all stays text, tags included.
    """

    OPENING, CLOSING = "<tool_call>", "</tool_call>"

    def __init__(self, names: Sequence[str], text: TidyStream) -> None:
        self._names = names
        self._text = text
        self._held = ""
        self.calls: list[ToolCall] = []

    def add(self, piece: str) -> str:
        """Take a piece; return the text that is certain to be text."""
        if not self._names:
            return self._text.add(piece)
        self._held += piece
        shown = ""
        while (part := self._next_part()) is not None:
            shown += self._text.add(part)
        return shown

    def finish(self) -> str:
        """Return the text that was held back; a call that has no end is text."""
        held, self._held = self._held, ""
        return self._text.add(held) + self._text.finish()

    def _next_part(self) -> str | None:
        """Take the next text, or a whole call, from what is held; None while neither is complete."""
        start = self._held.find(self.OPENING)
        if start != 0:
            return self._take(start if start > 0 else len(self._held) - num_begun(self._held, self.OPENING)) or None
        end = self._held.find(self.CLOSING)
        if end < 0:
            return self._take(len(self.OPENING)) if len(self._held) > MAX_CHARACTERS else None
        block = self._take(end + len(self.CLOSING))
        call = read_tagged_call(block[len(self.OPENING) : -len(self.CLOSING)], self._names)
        if call is None:
            return block
        self.calls.append(call)
        return ""

    def _take(self, num_characters: int) -> str:
        taken, self._held = self._held[:num_characters], self._held[num_characters:]
        return taken
