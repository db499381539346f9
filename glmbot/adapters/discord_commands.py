"""Slash commands: how Discord is told of them, and how one that was used reads as text."""

import re
from collections.abc import Mapping, Sequence

from glmbot.adapters.base import CommandInfo
from glmbot.events import Language

# https://docs.discord.com/developers/interactions/application-commands#application-command-object
NAME_FORM = re.compile(r"[-_'\w]{1,32}")
MAX_COMMANDS = 100
MAX_OPTIONS = 25
MAX_NAME = 32
MAX_DESCRIPTION = 100
CHAT_INPUT = 1
STRING = 3
SERVERS_ONLY = [0]  # integration_types: the bot answers with messages of its own, so it must be in the place
SERVERS_AND_OWN_CHAT = [0, 1]  # contexts: a server, and the private chat with the bot
CHINESE_LOCALE = "zh-CN"

Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]


def fitting(commands: Sequence[CommandInfo]) -> list[CommandInfo]:
    """Return the commands that Discord's menu can hold."""
    named = [one for one in commands if NAME_FORM.fullmatch(one.name) and one.name == one.name.lower()]
    return named[:MAX_COMMANDS]


def menu_entry(command: CommandInfo) -> dict[str, Json]:
    """Return a command as Discord wants it. All its options are texts that may be left out.

    What is missing or wrong is told by the command itself, with its usage.
    """
    return {
        "type": CHAT_INPUT,
        "name": command.name,
        "description": _help(command, Language.ENGLISH),
        "description_localizations": {CHINESE_LOCALE: _help(command, Language.CHINESE)},
        "options": [_option(name) for name in command.parameters[:MAX_OPTIONS]],
        "integration_types": SERVERS_ONLY,
        "contexts": SERVERS_AND_OWN_CHAT,
    }


def are_registered(wanted: Sequence[Mapping[str, Json]], registered: object) -> bool:
    """Tell whether what Discord lists is what we want; it lists more fields than we set."""
    if not isinstance(registered, list) or len(registered) != len(wanted):
        return False
    listed = {entry.get("name"): entry for entry in registered if isinstance(entry, dict)}
    return all(_contains(listed.get(entry["name"]), entry) for entry in wanted)


def command_text(name: str, values: Mapping[str, str], commands: Sequence[CommandInfo]) -> str:
    """Return a used command as if it had been typed, with its values in the order of its parameters."""
    parameters = next((one.parameters for one in commands if one.name == name), ())
    order = [*(_option_name(parameter) for parameter in parameters), *values]
    return " ".join([f"/{name}", *(values[option] for option in dict.fromkeys(order) if values.get(option))])


def _option(name: str) -> dict[str, Json]:
    return {"type": STRING, "name": _option_name(name), "description": name[:MAX_DESCRIPTION], "required": False}


def _option_name(parameter: str) -> str:
    return parameter.lower()[:MAX_NAME]


def _help(command: CommandInfo, language: Language) -> str:
    text = command.help.get(language) or next(iter(command.help.values()), "") or command.name
    return text[:MAX_DESCRIPTION]


def _contains(listed: object, wanted: Json) -> bool:
    """Tell whether a JSON value has all that another says. Discord leaves out what is empty or false."""
    if isinstance(wanted, Mapping):
        return isinstance(listed, dict) and all(_contains(listed.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        entries = listed if isinstance(listed, list) else []
        return len(entries) == len(wanted) and all(map(_contains, entries, wanted))
    return listed == wanted or (not wanted and not listed)
