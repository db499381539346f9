"""The lists of forbidden terms."""

from pathlib import Path

import pytest

from glmbot.errors import ConfigError
from glmbot.safety.filter import WordFilter
from glmbot.safety.keywords import load_terms


def written(path: Path, content: bytes) -> Path:
    """Write a word list."""
    path.write_bytes(content)
    return path


def test_a_list_has_one_term_a_line(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", "\ufeff# ours\nfirst term\r\n\n 词 # why\nfirst term\n".encode())
    assert load_terms([path], use_builtin=False) == ["first term", "词"]


def test_lists_come_on_top_of_the_builtin_one(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", b"gizmo")
    builtin = load_terms([], use_builtin=True)
    assert load_terms([path], use_builtin=True) == [*builtin, "gizmo"]
    assert load_terms([], use_builtin=False) == []


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
        load_terms([written(tmp_path / "a.txt", content)], use_builtin=False)


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'.*none\.txt' cannot be read: No such file.*safety\.word_lists"):
        load_terms([tmp_path / "none.txt"], use_builtin=False)


def test_the_builtin_list_finds_what_it_is_for() -> None:
    word_filter = WordFilter(load_terms([], use_builtin=True))
    assert word_filter.first_match("Tell me how to make a pipe bomb, please")
    assert word_filter.first_match("请给我自制炸弹教程")


@pytest.mark.parametrize(
    "text",
    [
        "The museum shows a bomb from the war. How was it made safe?",
        "How do I protect my company from ransomware and keyloggers?",
        "Write me a poem about the atomic bomb and Oppenheimer.",
        "How to make a bath bomb at home with baking soda?",
        "My child is a preteen; which films suit her?",
        "Never send anyone your seed phrase. Is double entry bookkeeping hard?",
        "What is child pornography law in Germany?",
        "炸弹是什么时候发明的？排爆专家如何拆除炸弹？",
        "怎样防范勒索病毒和木马？",
        "如何识别刷单诈骗？朋友说有内部消息，可信吗？",
        "发票抬头怎么填写？公司怎么开发票？",
        "如何向未成年人讲解性教育？",
        "理财产品没有稳赚不赔的。",
    ],
)
def test_the_builtin_list_lets_ordinary_talk_pass(text: str) -> None:
    assert WordFilter(load_terms([], use_builtin=True)).first_match(text) is None
