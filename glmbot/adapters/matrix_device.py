"""Which device the bot is on Matrix, and whether it can have keys."""

import secrets
from importlib.util import find_spec
from pathlib import Path

from glmbot.adapters.matrix_encryption import Keys

FILE = "device"


def has_library() -> bool:
    """Tell whether the extra for encryption is installed."""
    return find_spec("vodozemac") is not None and find_spec("peewee") is not None


def open_keys(folder: Path, user_id: str, device_id: str) -> Keys:
    """Return the keys of a device. Needs the extra."""
    from glmbot.adapters.matrix_keys import Keyring

    return Keyring(folder, user_id, device_id)


def device_in(folder: Path | None, name: str) -> str:
    """Return the device to log in as: always the same, unless its keys were lost."""
    try:
        found = (folder / FILE).read_text().strip() if folder else ""
    except FileNotFoundError:
        found = ""
    return found or f"glmbot_{name}"


def renew_device(folder: Path, name: str) -> None:
    """Become another device: nobody takes other keys of one that is known."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / FILE).write_text(f"glmbot_{name}_{secrets.token_hex(4)}\n")
