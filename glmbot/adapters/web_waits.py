"""How long the web adapter waits for what."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the adapter waits for what, in seconds."""

    shown: float = 50.0
    """For a page to acknowledge a message, also for one to be opened."""
    transfer: float = 120.0
    """The same with a file."""
    away: float = 10.0
    """Until a message is tried again that no page has acknowledged."""
    forget: float = 24 * 3600.0
    """A browser that was not seen for so long gets no more messages."""
    alive: float = 20.0
    """Between two signs of life to a page; after two it takes the connection for dead."""
    wrong_password: float = 1.0
    """Before a wrong password is answered."""
    per_login: float = 5.0
    """In which one more wrong password is allowed, after the first ten."""
