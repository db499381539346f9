"""What other systems send to the webhook channel."""

import time
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from glmbot.events import MAX_TEXT, Chat, ChatKind, Language, MessageEvent, Sender

Id = Annotated[str, Field(min_length=1, max_length=255)]  # as long as the database keeps
MAX_YEAR_3000 = 32_503_680_000


class IncomingMessage(BaseModel):
    """A message, as it comes in."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Id
    chat: Id
    sender: Id
    text: str
    name: str | None = Field(None, min_length=1, max_length=255)
    kind: Annotated[ChatKind, Field(strict=False)] = ChatKind.PRIVATE
    thread: Id | None = None
    addressed: bool | None = None
    language: Annotated[Language | None, Field(strict=False)] = None
    sent_at: float | None = Field(None, ge=0, le=MAX_YEAR_3000, allow_inf_nan=False)

    def event(self, adapter: str) -> MessageEvent:
        """Return the message as the bot knows it; a command in a group is for the bot."""
        is_for_bot = self.text.startswith("/") if self.addressed is None else self.addressed
        return MessageEvent(
            message_id=self.id,
            chat=Chat(adapter, self.chat, self.kind, self.thread),
            sender=Sender(self.sender, self.name or self.sender, self.language),
            text=self.text[: MAX_TEXT + 1],
            sent_at=time.time() if self.sent_at is None else self.sent_at,
            is_addressed=self.kind is ChatKind.PRIVATE or is_for_bot,
        )


def explain(error: ValidationError) -> str:
    """Return what is wrong with a message, by field."""
    return "; ".join(map(_explain_one, error.errors(include_url=False, include_input=False, include_context=False)))


def _explain_one(row: ErrorDetails) -> str:
    place = ".".join(map(str, row["loc"])) or "body"
    return f"{place}: {row['msg']}"
