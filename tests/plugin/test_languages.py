"""Help texts out of docstrings."""

import pytest

from glmbot.events import Language
from glmbot.plugin.languages import help_texts


@pytest.mark.parametrize(
    ("docstring", "english", "chinese"),
    [
        ("Say pong.", "Say pong.", "Say pong."),
        ("Say pong. 中文：回答。", "Say pong.", "回答。"),
        ("Say pong.\n\n    More.\n    中文: 回答。\n    更多。", "Say pong.\n\nMore.", "回答。\n更多。"),
        ("中文：回答。", "/ping", "回答。"),
        (None, "/ping", "/ping"),
    ],
)
def test_help_has_both_languages(docstring: str | None, english: str, chinese: str) -> None:
    assert help_texts(docstring, fallback="/ping") == {Language.ENGLISH: english, Language.CHINESE: chinese}
