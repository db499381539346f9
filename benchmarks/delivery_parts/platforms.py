"""The platforms: the form that glmbot is asked for, the reader that checks what comes, and what can be shown."""

from collections.abc import Callable
from dataclasses import dataclass

from delivery_parts import discord, lines, matrix, telegram
from delivery_parts.content import Content, Reading
from delivery_parts.source import Abilities
from glmbot.content import LengthUnit, Markup, TextForm


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform."""

    name: str
    form: TextForm
    read: Callable[[str], Reading]
    abilities: Abilities
    parse_mode: str | None = None
    format: str = "plain"
    can_edit: bool = True
    shows_code_blocks: bool = True
    is_one_line: bool = False
    """Whether a message is one line, so that empty lines cannot be shown."""

    def is_over_limit(self, reading: Reading) -> bool:
        """Tell whether a message is too long."""
        return reading.length > self.form.max_length


def _abilities(max_length: int, has_links: bool, has_spoilers: bool, has_mixed_code: bool, numbers: bool) -> Abilities:
    return Abilities(has_links, has_spoilers, has_mixed_code, numbers, max_link=max_length // 4 - 4)


TELEGRAM = Platform(
    "telegram",
    TextForm(Markup.TELEGRAM_HTML, telegram.MAX_UNITS, LengthUnit.UTF16_PARSED),
    telegram.read,
    _abilities(telegram.MAX_UNITS, True, True, False, False),
    parse_mode="HTML",
    format="html",
)
DISCORD = Platform(
    "discord",
    TextForm(Markup.DISCORD, discord.MAX_CHARACTERS, LengthUnit.CHARACTERS),
    discord.read,
    _abilities(discord.MAX_CHARACTERS, True, True, True, False),
    format="markdown",
)
MATRIX = Platform(
    "matrix",
    TextForm(Markup.MATRIX_HTML, matrix.MAX_BYTES, LengthUnit.BYTES),
    matrix.read,
    _abilities(matrix.MAX_BYTES, True, True, True, True),
    format="html",
)
IRC = Platform(
    "irc",
    TextForm(Markup.IRC, lines.MAX_BYTES, LengthUnit.BYTES),
    lines.read_irc,
    _abilities(lines.MAX_BYTES, False, False, True, False),
    format="irc",
    can_edit=False,
    is_one_line=True,
)
ONEBOT = Platform(
    "onebot",
    TextForm(Markup.PLAIN, lines.MAX_CHARACTERS, LengthUnit.CHARACTERS),
    lines.read_plain,
    _abilities(lines.MAX_CHARACTERS, False, False, True, False),
    can_edit=False,
    shows_code_blocks=False,
)
PLATFORMS = [TELEGRAM, DISCORD, MATRIX, IRC, ONEBOT]


def gathered(platform: Platform, readings: list[Reading]) -> Content:
    """Return the content of all messages of an answer together."""
    whole = Content()
    for reading in readings:
        whole.lines += reading.content.lines
        whole.codes += reading.content.codes
        whole.links += reading.content.links
        whole.inline_codes += reading.content.inline_codes
        whole.spoilers += reading.content.spoilers
    return whole
