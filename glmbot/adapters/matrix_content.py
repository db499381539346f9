"""What the bot sends to Matrix: the contents of its events."""

import json
from typing import Any

from glmbot.adapters.base import OutgoingMessage
from glmbot.adapters.matrix_text import mended
from glmbot.content import LengthUnit, Markup, Rendered, TextForm
from glmbot.events import ChatKind

MAX_EVENT = 65_536  # bytes, https://spec.matrix.org/v1.11/client-server-api/#size-limits
AROUND = 5_000  # of these may go to ids, signatures and what else the homeserver puts around a content
# In JSON each quote, backslash and line end takes two bytes. So the HTML takes 48,000 at most, and there is room for
# a plain text as long as that, unless it is full of such signs: then its end is left out.
FORM = TextForm(Markup.MATRIX_HTML, 24_000, LengthUnit.BYTES)
MAX_EDIT_NOTE = 200  # characters of an edit that clients see which know no edits
CUT_MARK = "…"
AUTOMATED = "org.matrix.msc1767.automated"
"""The mark of what a bot wrote (MSC3955). Notices have it by their type, but clients show these in grey."""

Content = dict[str, Any]


def message_content(message: OutgoingMessage, file: Content | None = None) -> Content:
    """Return the content of a message, in its thread; in a group as a reply to the message it answers.

    `file` are the fields that say where its file is.
    """
    content = _text(message.body)
    if message.body.file and file:
        content |= {"msgtype": "m.file", "filename": mended(message.body.file.name)} | file
    if relation := _relation(message):
        content["m.relates_to"] = relation
    return _fitting(content, content)


def edit_content(event_id: str, body: Rendered) -> Content:
    """Return the content of the event that replaces a message's text."""
    new = _text(body)
    plain = new["body"]
    note = plain if len(plain) <= MAX_EDIT_NOTE else plain[:MAX_EDIT_NOTE] + CUT_MARK
    content = {"msgtype": "m.text", "body": f"* {note}", "m.mentions": {}, "m.new_content": new}
    content["m.relates_to"] = {"rel_type": "m.replace", "event_id": event_id}
    return _fitting(content, new)


def notice_content(text: str) -> Content:
    """Return the content of a message that is nobody's answer."""
    return {"msgtype": "m.notice", "body": text, "m.mentions": {}}


def reaction_content(event_id: str, emoji: str) -> Content:
    """Return the content of the event that puts an emoji under a message."""
    return {"m.relates_to": {"rel_type": "m.annotation", "event_id": event_id, "key": mended(emoji)}}


def _text(body: Rendered) -> Content:
    """Return a text. Whom it mentions is listed, and the list empty: nothing that the model writes can ping anybody."""
    return {
        "msgtype": "m.text",
        "body": mended(body.plain),
        "format": "org.matrix.custom.html",
        "formatted_body": mended(body.text),
        "m.mentions": {},
        AUTOMATED: True,
    }


def _relation(message: OutgoingMessage) -> Content | None:
    is_reply = message.chat.kind is ChatKind.GROUP and message.reply_to is not None
    reply_to = message.reply_to if is_reply else None
    if root := message.chat.thread_id:
        replied = {"event_id": message.reply_to or root}
        return {"rel_type": "m.thread", "event_id": root, "is_falling_back": not is_reply, "m.in_reply_to": replied}
    return {"m.in_reply_to": {"event_id": reply_to}} if reply_to else None


def _fitting(content: Content, holder: Content) -> Content:
    """Return the content with as much of the holder's plain text as there is room for."""
    plain = holder["body"]
    while _size(content) > MAX_EVENT - AROUND and plain:
        plain = plain[: len(plain) * 7 // 8]
        holder["body"] = plain + CUT_MARK
    return content


def _size(content: Content) -> int:
    return len(json.dumps(content, ensure_ascii=False).encode())
