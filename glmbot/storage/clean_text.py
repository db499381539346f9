"""Makes any text one that a database can keep."""

import re

NOT_STORABLE = re.compile("[\ud800-\udfff\x00]")


def clean_text(text: str) -> str:
    """Put U+FFFD in the place of lone surrogates and NULs, which UTF-8 and PostgreSQL have no room for."""
    return NOT_STORABLE.sub("\ufffd", text)
