"""How Discord words its objects, and what it refuses in those it is given."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

MAX_LENGTH = 2000
EPOCH_MS = 1_420_070_400_000

Fields = dict[str, Any]


class Refused(Exception):
    """Discord refuses a call: HTTP status, its own code, and its words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True, slots=True)
class FakeUser:
    """Someone who writes to the bot."""

    id: int
    username: str = "ann"
    global_name: str | None = "Ann"
    bot: bool = False

    def as_json(self) -> Fields:
        """Return Discord's form of a user."""
        fields = {"id": str(self.id), "username": self.username, "global_name": self.global_name}
        return fields | {"discriminator": "0", "avatar": None, "bot": self.bot}


@dataclass(frozen=True, slots=True)
class FakeChannel:
    """A place to write in: a private chat, a server's channel, or a thread of a channel."""

    id: int
    guild_id: int | None = None
    parent_id: int | None = None

    @property
    def is_thread(self) -> bool:
        """Whether it belongs to another channel."""
        return self.parent_id is not None

    def as_json(self) -> Fields:
        """Return Discord's form of a channel."""
        if self.guild_id is None:
            return {"id": str(self.id), "type": 1, "recipients": [ANN.as_json()], "last_message_id": None}
        fields: Fields = {"id": str(self.id), "guild_id": str(self.guild_id), "name": f"channel-{self.id}"}
        if not self.is_thread:
            return fields | {"type": 0, "position": 0, "permission_overwrites": [], "nsfw": False, "parent_id": None}
        metadata = {"archived": False, "auto_archive_duration": 60, "locked": False, "archive_timestamp": iso(0)}
        fields |= {"type": 11, "parent_id": str(self.parent_id), "owner_id": str(ANN.id), "thread_metadata": metadata}
        return fields | {"message_count": 0, "member_count": 1}


ANN = FakeUser(1001)
BOB = FakeUser(1002, "bob", "Bob")
DM = FakeChannel(2001)
SERVER = 9001
GENERAL = FakeChannel(3001, SERVER)
THREAD = FakeChannel(3101, SERVER, parent_id=3001)


@dataclass(slots=True)
class Shown:
    """A message that can be seen."""

    id: int
    channel: FakeChannel
    author: FakeUser
    text: str
    nonce: str | None = None
    reply_to: int | None = None
    flags: int = 0
    type: int = 0
    mentions: list[FakeUser] = field(default_factory=list)
    mention_roles: list[int] = field(default_factory=list)
    edited_at: int | None = None
    allowed_mentions: Fields | None = None
    file: tuple[str, bytes] | None = None
    """Name and content of an attachment."""
    components: list[Fields] = field(default_factory=list)
    """Rows of buttons, in Discord's form."""


def guild_form(bot: FakeUser, bot_role: int, channels: dict[FakeChannel, str | None]) -> Fields:
    """Return the form of the server; `channels` with their last messages."""
    as_json = {channel: channel.as_json() | {"last_message_id": last} for channel, last in channels.items()}
    role = {"color": 0, "hoist": False, "position": 0, "permissions": "0", "managed": False, "mentionable": False}
    bot_tags = {"managed": True, "tags": {"bot_id": str(bot.id)}}
    return {
        "id": str(SERVER),
        "name": "Server",
        "unavailable": False,
        "owner_id": str(ANN.id),
        "roles": [
            role | {"id": str(SERVER), "name": "@everyone"},
            role | {"id": str(bot_role), "name": "GLM"} | bot_tags,
        ],
        "emojis": [],
        "features": [],
        "stickers": [],
        "members": [member_form() | {"user": bot.as_json()}],
        "member_count": 3,
        "channels": [fields for channel, fields in as_json.items() if not channel.is_thread],
        "threads": [fields for channel, fields in as_json.items() if channel.is_thread],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "safety_alerts_channel_id": None,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "premium_progress_bar_enabled": False,
        "preferred_locale": "en-US",
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "vanity_url_code": None,
        "application_id": None,
        "joined_at": iso(0),
        "large": False,
    }


def message_form(shown: Shown, replied_to: Shown | None) -> Fields:
    """Return the form of a message; `replied_to` is None also where that is deleted."""
    fields: Fields = {
        "id": str(shown.id),
        "channel_id": str(shown.channel.id),
        "author": shown.author.as_json(),
        "content": shown.text,
        "timestamp": iso((shown.id >> 22) + EPOCH_MS),
        "edited_timestamp": iso(shown.edited_at) if shown.edited_at else None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [user.as_json() for user in shown.mentions],
        "mention_roles": [str(role) for role in shown.mention_roles],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": shown.type,
        "flags": shown.flags,
        "components": shown.components,
    }
    if shown.nonce is not None:
        fields["nonce"] = shown.nonce
    if shown.reply_to is not None:
        fields["message_reference"] = {"channel_id": str(shown.channel.id), "message_id": str(shown.reply_to)}
        fields["referenced_message"] = message_form(replace(replied_to, reply_to=None), None) if replied_to else None
    return fields


def checked_text(body: Fields) -> str:
    """Return a message's text as Discord keeps it. Raises Refused."""
    text = body.get("content")
    if not isinstance(text, str) or not text.strip():
        raise Refused(400, 50006, "Cannot send an empty message")
    if len(text) > MAX_LENGTH:
        raise Refused(400, 50035, "Invalid Form Body: content: Must be 2000 or fewer in length.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused(400, 50109, "The request body contains invalid JSON.") from None
    return text.strip()


def checked_components(body: Fields) -> list[Fields]:
    """Return a message's rows of buttons. Raises Refused for what Discord cannot show."""
    rows: list[Fields] = body.get("components") or []
    keys = [key for row in rows for key in row["components"]]
    ids = [key["custom_id"] for key in keys]
    is_good = len(rows) <= 5 and all(row["type"] == 1 and 1 <= len(row["components"]) <= 5 for row in rows)
    is_good &= all(key["type"] == 2 and 1 <= len(key["label"]) <= 80 for key in keys)
    if not is_good or any(not 1 <= len(one) <= 100 for one in ids) or len(set(ids)) != len(ids):
        raise Refused(400, 50035, "Invalid Form Body: components")
    return rows


def check_command(entry: Fields) -> None:
    """Raises Refused for a command that the menu cannot hold."""
    texts = [entry, *entry.get("options", [])]
    for named in texts:
        name, text = named["name"], named["description"]
        if not re.fullmatch(r"[-_'\w]{1,32}", name) or name != name.lower() or not 1 <= len(text) <= 100:
            raise Refused(400, 50035, f"Invalid Form Body: name or description of {name!r}")
    if any(not 1 <= len(text) <= 100 for text in entry.get("description_localizations", {}).values()):
        raise Refused(400, 50035, "Invalid Form Body: description_localizations")
    if len(entry.get("options", [])) > 25:
        raise Refused(400, 50035, "Invalid Form Body: options")


def member_form() -> Fields:
    """Return the form of a server's member, without the user."""
    return {"roles": [], "joined_at": iso(0), "deaf": False, "mute": False, "flags": 0, "nick": None}


def iso(milliseconds: int) -> str:
    """Return the form of a time, given in milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
