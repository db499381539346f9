"""How policies are written, and what is said of mistakes."""

from pathlib import Path

import pytest

from glmbot.errors import ConfigError
from glmbot.safety.policies import load
from glmbot.verdicts import Action, Direction

RULE = 'id = "a.b"\nkind = "words"\ncategory = "a"\naction = "block"\n'


def policy(folder: Path, content: str | bytes, name: str = "own.toml") -> Path:
    """Write a policy file; return its folder."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_a_rule_has_terms_of_its_own_and_of_lists(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("# ours\nfirst\n词语\n", encoding="utf-8")
    (tmp_path / "allow.txt").write_text("first aid\n", encoding="utf-8")
    policy(tmp_path, f'[[rules]]\n{RULE}terms = ["own"]\nword_lists = ["list.txt"]\nallow_lists = ["allow.txt"]')
    (rule,) = load(tmp_path).rules
    assert (rule.terms, rule.allowed, rule.action) == (("own", "first", "词语"), ("first aid",), Action.BLOCK)
    assert rule.directions == set(Direction)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[rules]\n", r"own\.toml' is no valid TOML: .* correct it there"),
        ("词".encode("gbk"), r"own\.toml' is not UTF-8"),
        (f"[[rules]]\n{RULE}", r"own\.toml', rule 'a\.b' has no terms; give it `terms`"),
        (f'[[rules]]\n{RULE}terms = ["***"]', r"rule 'a\.b': forbidden term '\*\*\*' has no letter"),
        (f'[[rules]]\n{RULE}word_lists = ["none.txt"]', "none.txt' cannot be read"),
        (f'[[rules]]\n{RULE}word_lists = ["../x.txt"]', "lies outside of the policies"),
        (f'[[rules]]\n{RULE}terms = ["a"]\nspeed = 1', r"rule 'a\.b', 'speed': Extra inputs.*docs/safety\.md"),
        (f'[[rules]]\n{RULE}terms = ["a"]\npii = ["EMAIL"]', "'pii' is not for rules of kind 'words'; remove it"),
        (
            f'[[rules]]\n{RULE.replace("block", "explode")}terms = ["a"]',
            r"rule 'a\.b', 'action': Input should be 'log'",
        ),
        (f'[[rules]]\n{RULE.replace("block", "replace")}terms = ["a"]', "replaces by nothing; give it a `replacement`"),
        (f'[[rules]]\n{RULE}terms = ["a"]\n[[rules]]\n{RULE}terms = ["b"]', r"rule 'a\.b' is there twice"),
        ('[[rules]]\nid = "a"\nkind = "pii"\ncategory = "a"\naction = "log"', "names no personal data; give it `pii`"),
        (
            '[[rules]]\nid = "a"\nkind = "injection"\ncategory = "a"\naction = "redact"',
            "has no place in the text; use log, warn",
        ),
        ('rules = "no"', r"own\.toml': 'rules': Input should be a valid list"),
        ('[[rules]]\nkind = "words"', "rule 1, 'id': Field required"),
    ],
)
def test_a_mistake_is_named_with_file_rule_and_remedy(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(policy(tmp_path, content))


def test_a_folder_without_policies_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no file \*\.toml; copy those"):
        load(tmp_path)
    with pytest.raises(ConfigError, match="No such file or directory; correct safety.policies"):
        load(tmp_path / "none")
