"""The text of a Matrix message: who is called, what is quoted, and what is a command."""

import html
import re
from collections.abc import Collection
from urllib.parse import unquote

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
CONTROLS = re.compile(r"[\0-\x08\x0b-\x1f\x7f]")
LINK = re.compile(r"""href\s*=\s*["']https://matrix\.to/#/([^"'?/]+)""", re.IGNORECASE)
QUOTE_HTML = re.compile(r"<mx-reply>.*?</mx-reply>", re.IGNORECASE | re.DOTALL)
QUOTED = re.compile(r"> (?:\* )?<@")
COMMAND = re.compile(r"[/!](\S+)")
# Chinese is written without spaces: there a name may stand right beside other words.
WORD = r"[^\W\u2e80-\u9fff]"


def mended(text: str) -> str:
    """Replace halves of surrogate pairs, which no UTF-8 can carry, and leave out control signs."""
    return CONTROLS.sub("", LONE_SURROGATE.sub("\ufffd", text))


def without_quote(body: str) -> str:
    """Return a reply's body without the message it answers, which stands before it in lines that begin with ">".

    https://spec.matrix.org/v1.11/client-server-api/#fallbacks-for-rich-replies; newer clients leave it out.
    """
    if not QUOTED.match(body):
        return body
    lines = body.split("\n")
    num_quoted = next((index for index, line in enumerate(lines) if not line.startswith(">")), len(lines))
    return "\n".join(lines[num_quoted:]).removeprefix("\n")


def has_pill(formatted_body: str, user_id: str) -> bool:
    """Tell whether a message's HTML links to a user, which is how clients write mentions; quotes do not count."""
    links = LINK.findall(QUOTE_HTML.sub("", formatted_body))
    return any(unquote(html.unescape(link)) == user_id for link in links)


def names_any(text: str, names: Collection[str]) -> bool:
    """Tell whether one of the names is in the text, as a word."""
    return bool(re.search(_any_of(names), text, re.IGNORECASE))


def without_mention(text: str, names: Collection[str]) -> str:
    """Return the text without the name it begins with ("name: ", "name, ", "@name") and without each "@name" in it.

    A name in the middle of a sentence stays, since the sentence needs it. So does what is nothing but a name: an
    empty text could not be answered.
    """
    rest = re.sub(rf"^\s*{_any_of(names)}\s*[:,：，]?\s*", "", text, count=1, flags=re.IGNORECASE)
    called = _called(_alternatives(names))
    rest = re.sub(rf"(?:(?<=\s)|^){called} ?|{called}", "", rest, flags=re.IGNORECASE).strip()
    return rest or text


def as_command(text: str, commands: Collection[str]) -> str | None:
    """Return a known command, written "/name" or "!name", as "/name ..."; None for any other text.

    Matrix clients keep a leading "/" for themselves, so people write "!".
    """
    found = COMMAND.match(text)
    return f"/{text[1:]}" if found and found[1].lower() in commands else None


def _any_of(names: Collection[str]) -> str:
    """Return a pattern of the names, with "@" before them or without."""
    alternatives = _alternatives(names)
    return rf"(?:{_called(alternatives)}|(?<!{WORD})(?<!@){alternatives}(?!{WORD}|[-.]{WORD}))"


def _called(alternatives: str) -> str:
    """Return a pattern of the names with "@" before them. With a colon behind, it is somebody at another server."""
    return rf"(?<!{WORD})@{alternatives}(?!{WORD}|[-.:]{WORD})"


def _alternatives(names: Collection[str]) -> str:
    """Return a pattern of the bare names; of those that begin alike the longest counts."""
    bare = sorted({name.removeprefix("@") for name in names if name.strip("@ ")}, key=len, reverse=True)
    return f"(?:{'|'.join(map(re.escape, bare))})"
