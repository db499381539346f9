"""Emojis under messages of QQ's groups, as its clients report them: OneBot v11 itself has none.

NapCat and LLOneBot send the notice `group_msg_emoji_like` (NapCat's OB11MsgEmojiLikeEvent.ts), Lagrange the notice
`reaction`. An emoji is a number: a code point, or one of QQ's own faces (as npm's oicq 2.3.1 lists them in face.js).
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from glmbot.adapters.onebot_message import as_id
from glmbot.events import Chat, ChatKind, MessageEvent, Reaction, Sender

MAX_EMOJIS = 20
"""Of one notice; clients tell of each alone."""
FIRST_CODE_POINT, LAST_CODE_POINT = 0x2000, 0x1FFFF
FACES = {
    5: "😢",
    9: "😭",
    14: "🙂",
    16: "😎",
    53: "🎂",
    60: "☕",
    63: "🌹",
    66: "❤",
    74: "☀",
    75: "🌙",
    76: "👍",
    77: "👎",
    78: "🤝",
    79: "✌",
    99: "👏",
    124: "👌",
}
"""Faces that are emojis elsewhere, too; another one is called by its number."""


def read_reactions(payload: Mapping[str, Any], adapter: str, sent_at: int) -> list[MessageEvent]:
    """Return an event for each emoji that a notice tells of, none for any other payload.

    Its message is named by the platform's own id. What the account itself did, or nobody is named for, is left out.
    """
    kind = payload.get("notice_type") if payload.get("post_type") == "notice" else None
    if kind == "group_msg_emoji_like":
        user_id, is_removed = as_id(payload.get("user_id")), payload.get("is_add") is False
    elif kind == "reaction":
        user_id, is_removed = as_id(payload.get("operator_id")), payload.get("sub_type") == "remove"
    else:
        return []
    group_id, message_id = as_id(payload.get("group_id")), as_id(payload.get("message_id"))
    if not (group_id and message_id) or user_id in (None, "0", as_id(payload.get("self_id"))):
        return []
    return [
        MessageEvent(
            message_id=f"{sent_at}:reaction:{message_id}:{user_id}:{number}:{'-' if is_removed else '+'}",
            chat=Chat(adapter, group_id, ChatKind.GROUP),
            sender=Sender(user_id, user_id),
            text="",
            sent_at=sent_at or time.time(),
            is_addressed=True,
            reaction=Reaction(message_id, _emoji(number), is_removed),
        )
        for number in _numbers(payload)
    ]


def _numbers(payload: Mapping[str, Any]) -> Iterator[int]:
    likes = payload.get("likes")
    listed = [one.get("emoji_id") for one in likes[:MAX_EMOJIS] if isinstance(one, dict)] if type(likes) is list else []
    for code in (*listed, payload.get("code")):
        number = as_id(code)
        if number is not None and 0 <= int(number) <= LAST_CODE_POINT:
            yield int(number)


def _emoji(number: int) -> str:
    if number in FACES:
        return FACES[number]
    is_text = number >= FIRST_CODE_POINT and not 0xD800 <= number < 0xE000
    return chr(number) if is_text else f"face {number}"
