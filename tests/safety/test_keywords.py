"""The lists of forbidden terms."""

from pathlib import Path

import pytest

from glmbot.errors import ConfigError
from glmbot.safety.keywords import load_terms


def written(path: Path, content: bytes) -> Path:
    """Write a word list."""
    path.write_bytes(content)
    return path


def test_a_list_has_one_term_a_line(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", "\ufeff# ours\nfirst term\r\n\n 词 # why\nfirst term\n".encode())
    assert load_terms([path]) == ["first term", "词"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("ok\n词".encode("gbk"), r"a\.txt', line 2: not UTF-8 text; save the file"),
        (b"ok\n\n***\n", r"a\.txt', line 3: forbidden term '\*\*\*' has no letter"),
        (b"x" * 65, r"a\.txt', line 1: .* more than 64 letters; shorten it"),
    ],
)
def test_a_mistake_in_a_list_is_named_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_terms([written(tmp_path / "a.txt", content)])


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'.*none\.txt' cannot be read: No such file.*correct where it is named"):
        load_terms([tmp_path / "none.txt"])
