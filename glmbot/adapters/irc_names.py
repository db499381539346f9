"""How an IRC server compares names, and what else it says of itself in ISUPPORT."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

RFC1459_EXTRA = str.maketrans("[]\\^", "{}|~")
STRICT_EXTRA = str.maketrans("[]\\", "{}|")
NICK_FORM = re.compile(r"[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]*")  # RFC 2812 section 2.3.1
TARGET_FORM = re.compile(r"[^\s,:\0-\x20\ud800-\udfff][^\s,\0-\x20\ud800-\udfff]*")
MIN_NICK = 9
"""Characters of a nick that every server allows (RFC 2812 section 1.2.1)."""
MIN_LINE, MAX_LINE = 512, 8192  # bytes with the line's end; more is no line of a chat


@dataclass(frozen=True, slots=True)
class ServerTraits:
    """What differs between servers (https://modern.ircdocs.horse/#rplisupport-005)."""

    case_mapping: str = "rfc1459"
    channel_types: str = "#&"
    status_signs: str = ""
    """Before a channel's name: for those only who have this rank in it."""
    max_line: int = MIN_LINE
    bot_mode: str = ""
    """The user mode that marks bots (https://ircv3.net/specs/extensions/bot-mode)."""

    def after(self, tokens: Sequence[str]) -> "ServerTraits":
        """Return these traits with what one line of ISUPPORT says; what has no sense in it changes nothing."""
        traits = self
        for name, _, value in (token.partition("=") for token in tokens):
            match name:
                case "CASEMAPPING":
                    traits = replace(traits, case_mapping=value)
                case "CHANTYPES":
                    traits = replace(traits, channel_types=value)
                case "STATUSMSG":
                    traits = replace(traits, status_signs=value)
                case "LINELEN" if value.isascii() and value.isdecimal() and len(value) <= len(str(MAX_LINE)):
                    traits = replace(traits, max_line=max(MIN_LINE, min(int(value), MAX_LINE)))
                case "BOT" if len(value) == 1 and value.isascii() and value.isalpha():
                    traits = replace(traits, bot_mode=value)
        return traits

    def folded(self, name: str) -> str:
        """Return a name in the form in which two names of the same user or channel are equal."""
        lowered = "".join(sign.lower() if sign.isascii() else sign for sign in name)
        match self.case_mapping:
            case "ascii":
                return lowered
            case "rfc1459-strict" | "strict-rfc1459":
                return lowered.translate(STRICT_EXTRA)
            case "rfc1459":
                return lowered.translate(RFC1459_EXTRA)
            case _:  # rfc7613 and others of Unicode; as many characters as before, for places in a text
                return "".join(folded if len(folded := sign.casefold()) == 1 else sign for sign in name)

    def is_channel(self, target: str) -> bool:
        """Tell whether a message to `target` is for a channel."""
        name = target.lstrip(self.status_signs) if self.status_signs else target
        return bool(name) and name[0] in self.channel_types


def is_target(text: str) -> bool:
    """Tell whether a text names one place and nothing more: a comma would name two, a space a parameter."""
    return bool(TARGET_FORM.fullmatch(text))


def other_nicks(wanted: str) -> list[str]:
    """Return what to be called while somebody else has the nick."""
    head = wanted[: MIN_NICK - 2]
    return [f"{wanted[: MIN_NICK - 1]}_", *(f"{head}_{number}" for number in range(1, 10))]
