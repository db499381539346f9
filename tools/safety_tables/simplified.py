"""Traditional and Japanese characters, and the simplified one for each."""

from collections.abc import Iterator
from importlib.resources import files


def table() -> dict[str, str]:
    """Return the simplified character for each other one, from the tables of OpenCC."""
    result = {old: new[0] for old, new in _rows("TSCharacters.txt") if len(old) == 1}
    known = set(result) | set(result.values())
    for traditional, variants in _rows("JPVariants.txt"):
        for variant in variants:
            if variant not in known:
                result[variant] = result.get(traditional, traditional)
    return {old: new for old, new in result.items() if old != new and ord(old) < 0x10000 and len(new) == 1}


def _rows(name: str) -> Iterator[tuple[str, list[str]]]:
    text = files("opencc").joinpath("dictionary", name).read_text(encoding="utf-8")
    for line in text.splitlines():
        old, _, new = line.partition("\t")
        if new:
            yield old, new.split()
