"""What the page and the bot say to each other over the WebSocket, as JSON.

    page: {"type": "message", "id": UUID, "text": ..., "files": [{"id": UUID, "name": ..., "type": ..., "size": 7}]}
                                                         again after every reconnect, until "taken" comes
    bot:  {"type": "taken", "id": UUID}                  the message is durable
    bot:  {"type": "show", "id": ..., "html": ..., "n": 7}   a new message, or a new text of a known one; it may have
          "buttons": [{"label", "command"}] and "file": {"name", "size"}, which is at /files/7 until it is shown
    page: {"type": "shown", "n": 7}                      it is stored by the browser
    bot:  {"type": "wanted", "id": UUID, "n": 8}         post that file of a message to /files/8
    page: {"type": "gone", "n": 8}                       it is not there any more
    bot:  {"type": "typing"}, {"type": "alive"}, and first of all {"type": "welcome", "run": ...}

`n` grows while `run` stays the same: of two texts of a message the one with the larger `n` is the newer.
"""

import json
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, TypeAdapter, model_validator

from glmbot.adapters.attachment_forms import MAX_ATTACHMENTS, MAX_SIZE
from glmbot.content import Rendered

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class FileNote(BaseModel):
    """A file that comes with a message; the page keeps its content until it is wanted."""

    id: Id
    name: str = Field(max_length=1000)
    type: str = Field("", max_length=200)
    size: int = Field(ge=0, lt=MAX_SIZE)


class Written(BaseModel):
    """Somebody wrote a message."""

    type: Literal["message"]
    id: Id
    text: str
    files: list[FileNote] = Field([], max_length=MAX_ATTACHMENTS)

    @model_validator(mode="after")
    def _has_something(self) -> Self:
        if not (self.text or self.files):
            raise ValueError("a message has a text or files")
        return self


class Shown(BaseModel):
    """A page has stored and shown a message."""

    type: Literal["shown"]
    n: int


class Gone(BaseModel):
    """A page does not have a file any more."""

    type: Literal["gone"]
    n: int


FromPage = Written | Shown | Gone
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


def wanted(file_id: str, number: int) -> str:
    """Return the frame that asks for a file."""
    return json.dumps({"type": "wanted", "id": file_id, "n": number})


def show(message_id: str, body: Rendered, number: int) -> str:
    """Return the frame that shows a message."""
    frame: dict[str, object] = {"type": "show", "id": message_id, "html": body.text, "n": number}
    if body.buttons:
        frame["buttons"] = [{"label": button.label, "command": button.command} for button in body.buttons]
    if body.file:
        frame["file"] = {"name": body.file.name, "size": len(body.file.data)}
    return json.dumps(frame, ensure_ascii=False)
