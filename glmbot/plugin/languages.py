"""Texts in the languages of the bot: replies and help."""

import inspect
import re
from collections.abc import Mapping

from glmbot.events import Language

CHINESE_MARK = re.compile("中文[：:]")


def localized(language: Language, english: str, chinese: str) -> str:
    """Return the text that is in `language`."""
    return chinese if language is Language.CHINESE else english


def help_texts(docstring: str | None, fallback: str) -> Mapping[Language, str]:
    """Return the help in a docstring: English up to the mark "中文：", Chinese from there to the end."""
    english, *chinese = CHINESE_MARK.split(inspect.cleandoc(docstring or ""), maxsplit=1)
    english = english.strip() or fallback
    return {Language.ENGLISH: english, Language.CHINESE: "".join(chinese).strip() or english}
