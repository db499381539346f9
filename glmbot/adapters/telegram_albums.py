"""Makes one event of an album, whose pictures and files come as a message each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from glmbot.adapters.attachment_forms import first_of
from glmbot.events import MessageEvent


@dataclass(frozen=True, slots=True)
class Incoming:
    """What an update says: the event in it, if any, and the album that it is one piece of."""

    event: MessageEvent | None
    album: str | None = None


class Albums:
    """Knows the album that came last: the rest of it may come with the next answer."""

    def __init__(self) -> None:
        self._last: str | None = None

    def gathered(self, incoming: Iterable[Incoming]) -> Iterator[MessageEvent]:
        """Yield the events, each album as one."""
        held: Incoming | None = None
        for one in incoming:
            if held is not None and _belong_together(held, one):
                held = _joined(held, one)
                continue
            if held is not None and (event := self._noted(held)):
                yield event
            held = one
        if held is not None and (event := self._noted(held)):
            yield event

    def _noted(self, one: Incoming) -> MessageEvent | None:
        """Return what is left to say: more pictures of an album that was heard of say nothing."""
        is_more = one.album is not None and one.album == self._last
        self._last = one.album
        is_told = is_more and one.event is not None and not one.event.text and not one.event.documents()
        return None if is_told else one.event


def _belong_together(first: Incoming, second: Incoming) -> bool:
    if first.album is None or first.album != second.album or not first.event or not second.event:
        return False
    if first.event.is_edit or second.event.is_edit:
        return False
    return (first.event.chat, first.event.sender.sender_id) == (second.event.chat, second.event.sender.sender_id)


def _joined(first: Incoming, second: Incoming) -> Incoming:
    assert first.event is not None
    assert second.event is not None
    event = replace(
        first.event,
        text="\n".join(text for text in (first.event.text, second.event.text) if text),
        is_addressed=first.event.is_addressed or second.event.is_addressed,
        attachments=first_of((*first.event.attachments, *second.event.attachments)),
    )
    return Incoming(event, first.album)
