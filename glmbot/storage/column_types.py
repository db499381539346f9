"""Column types that take any text and any JSON value."""

from pydantic import JsonValue
from sqlalchemy import JSON, Dialect, String
from sqlalchemy.types import TypeDecorator

from glmbot.storage.clean_text import clean_text


class CleanText(TypeDecorator[str]):
    """Text that is cleaned on its way in, in conditions as in rows."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Clean a text on its way into the database."""
        return None if value is None else clean_text(value)


class CleanJson(TypeDecorator[JsonValue]):
    """A JSON value; all texts in it are cleaned on their way in."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: JsonValue | None, dialect: Dialect) -> JsonValue | None:
        """Clean a value on its way into the database."""
        return _clean_value(value)


def _clean_value(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return clean_text(value)
        case list() | tuple():
            return [_clean_value(item) for item in value]
        case dict():
            return {clean_text(key) if isinstance(key, str) else key: _clean_value(value[key]) for key in value}
        case _:
            return value
