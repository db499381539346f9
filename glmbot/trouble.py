"""How a part tells that something is wrong which the bot's operators must know of."""

from typing import Protocol


class TroubleReport(Protocol):
    """Takes trouble by its kind, such as "disk full" or "adapter telegram"; callable from any thread, never fails.

    A kind that is told once is not told again until it is over.
    """

    def trouble(self, kind: str, text: str) -> None:
        """Tell of trouble. `text` is for people, in English and Chinese (`Phrase.in_both_languages`)."""

    def over(self, kind: str) -> None:
        """Tell that trouble of this kind has passed; nothing happens where there was none."""


class Unreported:
    """Tells nobody."""

    def trouble(self, kind: str, text: str) -> None:
        """Do nothing."""

    def over(self, kind: str) -> None:
        """Do nothing."""
