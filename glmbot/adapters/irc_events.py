"""What IRC users say: reads one PRIVMSG into an event."""

import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from glmbot.adapters.irc_line import Line, Source
from glmbot.adapters.irc_names import ServerTraits, is_target
from glmbot.adapters.irc_text import as_command, names, said, without_call
from glmbot.events import Chat, ChatKind, MessageEvent, Sender

MAX_ID = 255
"""Characters of an id that the bot can keep."""
BOT_TAGS = ("bot", "inspircd.org/bot")
"""Marks of a message that a bot wrote: bots that answer each other would never end."""


@dataclass(frozen=True, slots=True)
class Presence:
    """The bot on its server: how it is called now and by its settings, and which commands it has."""

    adapter: str
    nick: str
    wanted_nick: str
    traits: ServerTraits
    commands: Collection[str] = ()

    def is_me(self, nick: str) -> bool:
        """Tell whether a nick is the bot's."""
        return self.traits.folded(nick) == self.traits.folded(self.nick)


def read_event(line: Line, presence: Presence) -> MessageEvent | None:
    """Return the event of a PRIVMSG, or None where there is nothing to answer.

    What we said ourselves, bots, servers and requests between programs are not answered.
    """
    sender, target = line.source, line.parameter(0)
    is_silent = not sender.is_user or presence.is_me(sender.nick) or any(tag in line.tags for tag in BOT_TAGS)
    if is_silent or len(line.parameters) < 2:
        return None
    chat = _chat(sender, target, presence)
    text = said(line.parameter(1))
    if chat is None or not text:
        return None
    sender_id = _sender_id(line, presence)
    if max(len(chat.chat_id), len(sender_id)) > MAX_ID:
        return None
    text, is_addressed = _call(text, chat.kind, presence)
    author = Sender(sender_id, sender.nick[:MAX_ID])
    return MessageEvent(_message_id(line), chat, author, text, time.time(), is_addressed)


def _chat(sender: Source, target: str, presence: Presence) -> Chat | None:
    """Return where an answer goes: to the channel, or to the sender; None for what is for everybody on a server."""
    traits = presence.traits
    if traits.is_channel(target):
        return Chat(presence.adapter, traits.folded(target), ChatKind.GROUP) if is_target(target) else None
    if presence.is_me(target) and is_target(sender.nick):
        return Chat(presence.adapter, traits.folded(sender.nick), ChatKind.PRIVATE)
    return None


def _sender_id(line: Line, presence: Presence) -> str:
    """Return who this is: the account, which is proved, or the nick with user and host.

    A nick alone names whoever has it today, and must not continue yesterday's conversation.
    """
    if account := line.tags.get("account"):
        return presence.traits.folded(account)
    return f"{presence.traits.folded(line.source.nick)}!{line.source.user_host}"


def _call(text: str, kind: ChatKind, presence: Presence) -> tuple[str, bool]:
    """Return the text without our name before it, as a command where it is one, and whether it is for us."""
    called = [without_call(text, nick, presence.traits) for nick in (presence.nick, presence.wanted_nick)]
    rest = next((one for one in called if one is not None), None)
    command = as_command(text if rest is None else rest, presence.commands)
    is_named = rest is not None or names(text, presence.nick, presence.traits)
    is_addressed = kind is ChatKind.PRIVATE or is_named or command is not None
    return command or (text if rest is None else rest), is_addressed


def _message_id(line: Line) -> str:
    """Return the server's id of a message, or a new one of our own: it is offered once only."""
    server_id = line.tags.get("msgid", "")
    return server_id if 0 < len(server_id) <= MAX_ID else uuid.uuid4().hex
