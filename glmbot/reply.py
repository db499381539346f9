"""What a handler answers: text in pieces, and what is to be remembered of it."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from glmbot.content import MAX_BUTTONS, Button, File
from glmbot.status import PlaceInLine
from glmbot.verdicts import Finding


@dataclass(slots=True)
class Reply:
    """An answer on its way out; iterating it gives its pieces, closing it ends what makes them.

    The fields below `pieces` are complete when the pieces have ended.
    """

    pieces: AsyncGenerator[str]
    question: str | None = None
    """The question this is the answer to, when the two make a turn; None for what is not remembered."""
    supersedes: int | None = None
    """The stored turn whose place this one takes."""
    num_tokens: int = 0
    """Tokens of question and answer together, 0 where not known."""
    notice: str | None = None
    """Said to the sender behind the answer, but not remembered."""
    blocked_by: str | None = None
    """The safety rule that ended the answer."""
    findings: list[Finding] = field(default_factory=list)
    """All that safety found in the answer, for the moderation log."""
    system: str | None = None
    """The system prompt that the model was given, which the answer is not to repeat; known at the first piece."""
    fault: str | None = None
    """What went wrong with the model's answer, and ended it: what came before stands."""
    on_place: Callable[[PlaceInLine], None] | None = None
    """Called, before the first piece, with where the question stands among those that the model has to answer."""
    is_stopped: bool = False
    """Whether the sender stopped the answer."""
    buttons: tuple[Button, ...] = ()
    """Below the answer."""
    file: File | None = None
    """Behind the answer."""

    def __aiter__(self) -> AsyncIterator[str]:
        return self.pieces

    async def aclose(self) -> None:
        """End the answer early; this is what frees the model."""
        await self.pieces.aclose()


@dataclass(frozen=True, slots=True)
class Answer:
    """A text with up to 25 buttons below it, and a file. Raises ValueError for more, and for two that say the same."""

    text: str = ""
    buttons: Sequence[Button] = ()
    file: File | None = None

    def __post_init__(self) -> None:
        if len(self.buttons) > MAX_BUTTONS:
            raise ValueError(f"{len(self.buttons)} buttons; a message has {MAX_BUTTONS} at most")
        if len({button.command for button in self.buttons}) != len(self.buttons):
            raise ValueError("two buttons have the same command; give each its own")


def text_reply(text: str, buttons: Sequence[Button] = (), file: File | None = None) -> Reply:
    """Return a reply that is complete at once."""
    return Reply(_once(text), buttons=tuple(buttons), file=file)


async def _once(text: str) -> AsyncGenerator[str]:
    yield text
