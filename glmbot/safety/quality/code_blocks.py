"""Tells code from prose in Markdown that is still being written."""


class CodeBlocks:
    """Follows fences and backticks; code within a line ends with the line at the latest."""

    def __init__(self) -> None:
        self._fence = ""
        self._line = ""
        """The line so far, as long as it may be a fence."""
        self._may_be_fence = True
        self._run = 0
        """Backticks in a row right now."""
        self._inline = 0
        """Backticks that opened the code within this line."""

    def feed(self, character: str) -> bool:
        """Take in a character; return whether it is part of code."""
        was_code = bool(self._fence or self._inline)
        if character == "\n":
            self._end_line()
        else:
            if not self._fence:
                self._feed_inline(character)
            self._feed_fence(character)
        return was_code or bool(self._fence or self._inline)

    def _end_line(self) -> None:
        self._line, self._may_be_fence = "", True
        self._run = self._inline = 0

    def _feed_inline(self, character: str) -> None:
        if character == "`":
            self._run += 1
        elif self._run:
            self._inline = 0 if self._inline == self._run else self._inline or self._run
            self._run = 0

    def _feed_fence(self, character: str) -> None:
        if not self._may_be_fence:
            return
        self._line += character
        mark = self._line.lstrip(" ")
        self._may_be_fence = not mark.strip("`") or not mark.strip("~")
        if len(mark) < 3 or not self._may_be_fence:
            return
        if not self._fence:
            self._fence = mark
        elif mark.startswith(self._fence):
            self._fence = ""
            self._may_be_fence = False
