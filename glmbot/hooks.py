"""The seven places where third parties take part in a message's way, each called at one visible line."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from glmbot.events import MessageEvent
from glmbot.prompt import Prompt
from glmbot.verdicts import Direction, Refusal, Verdict

ScreenEvent = Callable[[MessageEvent], Awaitable[Refusal | None]]
EditPrompt = Callable[[MessageEvent, Prompt], Awaitable[Prompt]]
CheckText = Callable[[str, Direction], Awaitable[Verdict]]
Reacted = Callable[[MessageEvent], Awaitable[None]]
ReplySent = Callable[[MessageEvent, str], Awaitable[None]]
Lifecycle = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Hooks:
    """All hook functions, in the order they are called.

    screen_event  may refuse an event before anything else looks at it
    edit_prompt   may change what the model is given; called again where files in the question had to be cut to fit
    check_text    judges every text, in and out; one that raises or is late blocks the text
    reacted       is told each reaction to a message
    reply_sent    is told each complete reply once it is stored for delivery
    started       runs once when the bot is up; stopping runs once before it goes down
    """

    screen_event: list[ScreenEvent] = field(default_factory=list)
    edit_prompt: list[EditPrompt] = field(default_factory=list)
    check_text: list[CheckText] = field(default_factory=list)
    reacted: list[Reacted] = field(default_factory=list)
    reply_sent: list[ReplySent] = field(default_factory=list)
    started: list[Lifecycle] = field(default_factory=list)
    stopping: list[Lifecycle] = field(default_factory=list)
