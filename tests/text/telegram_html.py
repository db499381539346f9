"""Reads Telegram's HTML as strictly as the platform does, and gives the text that is left."""

import re
from html.parser import HTMLParser

SIMPLE_TAGS = {"b", "i", "u", "s", "code", "pre", "blockquote", "tg-spoiler"}
ENTITY = re.compile(r"&(?:lt|gt|amp|quot);")


def parsed(markup: str) -> str:
    """Return the text without tags; raises AssertionError for what Telegram would refuse or not show."""
    assert not re.search(r"&(?!(?:lt|gt|amp|quot);)", markup), "a bare ampersand"
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    assert not reader.open_tags, f"not closed: {reader.open_tags}"
    return "".join(reader.text)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open_tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            assert [name for name, _ in attrs] == ["href"]
        elif tag == "code" and attrs:
            assert self.open_tags[-1] == "pre"
            assert (attrs[0][1] or "").startswith("language-")
        else:
            assert tag in SIMPLE_TAGS
            assert not attrs
        assert tag not in self.open_tags, f"{tag} within {self.open_tags}"
        assert not {"code", "pre"} & set(self.open_tags) or (tag == "code" and attrs), f"{tag} within code"
        self.open_tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration")

    def handle_pi(self, data: str) -> None:
        raise AssertionError("an instruction")
