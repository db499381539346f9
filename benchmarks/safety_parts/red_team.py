"""Attacks on a whole bot: each is a list of steps, and what must not happen."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES = Path(__file__).with_suffix(".jsonl")
WORDS = Path(__file__).with_name("red_team_words.txt")
KNOWN = Path(__file__).with_name("red_team_known.txt")
PLUGIN = Path(__file__).with_name("red_team_plugin.py")


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack.

    `steps`, each a mapping with one of these keys and its options:
    say       a message; `name` of its sender, `file` [name, text], `id`, `edit`, `chat`, `addressed`, `wait`
    telegram  a message on Telegram, with `quote` in what it replies to, and `name`
    plugin    has a plugin say `text` in this way; `name` of the sender
    model     the pieces of the model's next answers
    hold, release   keep the model from answering until all is said
    messages  waits for so many messages of the bot
    mark      what the model was asked before is harmless

    `never`, what must not happen; of texts only letters and digits count:
    asked     the model is given this text; any text at all where it is empty
    shown     a message, button or file of the bot has this text
    stored    the database has this text, once all is answered
    unfenced  this text of a file is given to the model not wholly behind a fence
    unlogged  the moderation log has no entry
    """

    id: str
    way: str
    steps: Sequence[dict[str, Any]]
    never: dict[str, str]


def attacks(path: Path = CASES) -> list[Attack]:
    """Return all attacks."""
    return [Attack(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def known(path: Path = KNOWN) -> frozenset[str]:
    """Return the ids of the attacks that are known to get through."""
    return frozenset(path.read_text(encoding="utf-8").split())


def counted(all_attacks: Sequence[Attack], through: Sequence[str]) -> dict[str, Any]:
    """Return what got through, by way and by id."""
    ways: dict[str, dict[str, int]] = {}
    for attack in all_attacks:
        counts = ways.setdefault(attack.way, {"attacks": 0, "got_through": 0})
        counts["attacks"] += 1
        counts["got_through"] += attack.id in through
    return {"attacks": len(all_attacks), "got_through": len(through), "ways": ways, "ids": list(through)}
