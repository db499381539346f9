"""What the page and the bot say to each other over the WebSocket, as JSON.

    page: {"type": "message", "id": UUID, "text": ...}   again after every reconnect, until "taken" comes
    bot:  {"type": "taken", "id": UUID}                  the message is durable
    bot:  {"type": "show", "id": ..., "html": ..., "n": 7}   a new message, or a new text of a known one
    page: {"type": "shown", "n": 7}                      it is stored by the browser
    bot:  {"type": "typing"}, {"type": "alive"}, and first of all {"type": "welcome", "run": ...}

`n` grows while `run` stays the same: of two texts of a message the one with the larger `n` is the newer.
"""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter


class Written(BaseModel):
    """Somebody wrote a message."""

    type: Literal["message"]
    id: str = Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    text: str = Field(min_length=1)


class Shown(BaseModel):
    """A page has stored and shown a message."""

    type: Literal["shown"]
    n: int


FromPage = Written | Shown
_FROM_PAGE: TypeAdapter[FromPage] = TypeAdapter(Annotated[FromPage, Field(discriminator="type")])

TYPING = json.dumps({"type": "typing"})
ALIVE = json.dumps({"type": "alive"})


def read_frame(frame: str) -> FromPage:
    """Return what a page says. Raises pydantic's ValidationError for what no page of ours says."""
    return _FROM_PAGE.validate_json(frame)


def welcome(run: str) -> str:
    """Return the first frame of a connection."""
    return json.dumps({"type": "welcome", "run": run})


def taken(message_id: str) -> str:
    """Return the frame that confirms a message."""
    return json.dumps({"type": "taken", "id": message_id})


def show(message_id: str, html: str, number: int) -> str:
    """Return the frame that shows a message."""
    return json.dumps({"type": "show", "id": message_id, "html": html, "n": number}, ensure_ascii=False)
