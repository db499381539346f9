"""The browsers that have a page open, the messages on their way to them, and the files that are wanted of them."""

import asyncio
import itertools
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from glmbot.adapters import web_frames
from glmbot.adapters.web_waits import Waits
from glmbot.content import File, Rendered
from glmbot.errors import NotDelivered, RetryLater

MAX_TABS = 20
"""Open pages of one browser."""
MAX_ALL_TABS = 1000
MAX_FRAMES = 200
"""Frames that wait for a slow page; with more it is cut off, and gets what it missed when it is back."""


class TooManyTabs(Exception):
    """There is no room for another page."""


class Tab:
    """One open page: frames wait here until its connection takes them."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[str] = asyncio.Queue(MAX_FRAMES)
        self.is_too_slow = asyncio.Event()

    def put(self, frame: str) -> None:
        """Let a frame leave."""
        try:
            self.frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.is_too_slow.set()


@dataclass(frozen=True, slots=True)
class Demand:
    """What all pages of a browser are asked for by a frame, until one of them has done it.

    `file` can be had meanwhile; `max_bytes` is how much of a file is taken.
    """

    frame: str
    file: File | None = None
    max_bytes: int = 0
    done: asyncio.Future[bytes] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def fulfil(self, content: bytes = b"") -> None:
        """End the wait; a second page's word changes nothing."""
        if not self.done.done():
            self.done.set_result(content)

    def refuse(self, error: Exception) -> None:
        """End the wait with an error."""
        if not self.done.done():
            self.done.set_exception(error)


class _Browser:
    """All pages of one browser, and what none of them has done yet, by the frames' numbers."""

    def __init__(self) -> None:
        self.tabs: set[Tab] = set()
        self.demands: dict[int, Demand] = {}

    @property
    def is_in_use(self) -> bool:
        return bool(self.tabs or self.demands)


class Browsers:
    """Takes messages to the pages of a browser, and waits until one of them has stored the message.

    Nothing is kept here but what somebody waits for: the page is the memory.
    """

    def __init__(self, waits: Waits) -> None:
        self._waits = waits
        self._run = secrets.token_hex(8)
        self._numbers = itertools.count(1)
        self._browsers: dict[str, _Browser] = {}
        self._num_tabs = 0
        self._began_at = time.monotonic()
        self._seen_at: dict[str, float] = {}
        self._is_open = False

    @contextmanager
    def open(self) -> Iterator[None]:
        """Let pages come while the body runs; at its end whoever waits for one is told to come back."""
        self._is_open = True
        try:
            yield
        finally:
            self._is_open = False
            for browser in self._browsers.values():
                for demand in browser.demands.values():
                    demand.refuse(self._no_page())

    @contextmanager
    def tab(self, chat_id: str) -> Iterator[Tab]:
        """Add a page while the body runs; it is given what waits for it. Raises TooManyTabs."""
        browser = self._browsers.setdefault(chat_id, _Browser())
        if len(browser.tabs) >= MAX_TABS or self._num_tabs >= MAX_ALL_TABS:
            self._tidy(chat_id)
            raise TooManyTabs
        tab = Tab()
        browser.tabs.add(tab)
        self._num_tabs += 1
        self._note(chat_id)
        tab.put(web_frames.welcome(self._run))
        for demand in browser.demands.values():
            tab.put(demand.frame)
        try:
            yield tab
        finally:
            browser.tabs.remove(tab)
            self._num_tabs -= 1
            self._note(chat_id)
            self._tidy(chat_id)

    def demand(self, chat_id: str, number: int) -> Demand | None:
        """Return what a browser is asked for by the frame of that number, as long as nobody has done it."""
        browser = self._browsers.get(chat_id)
        return browser.demands.get(number) if browser else None

    def show_typing(self, chat_id: str) -> None:
        """Show the sign on all pages of a browser that are open."""
        if browser := self._browsers.get(chat_id):
            for tab in browser.tabs:
                tab.put(web_frames.TYPING)

    async def show(self, chat_id: str, message_id: str, body: Rendered) -> None:
        """Show a message, or a new text of it, and wait until a page has stored it.

        Raises RetryLater where none does in time, and NotDelivered where the browser was away for too long.
        """
        number = next(self._numbers)
        demand = Demand(web_frames.show(message_id, body, number), body.file)
        await self._wait(chat_id, number, demand, self._waits.transfer if body.file else self._waits.shown)

    async def fetch(self, chat_id: str, file_id: str, max_bytes: int) -> bytes:
        """Return a file that the pages of a browser keep.

        Raises RetryLater where none is open, or none sends it in time; NotDelivered, too, where it is gone, and
        FileTooLarge.
        """
        self._check(chat_id)
        if chat_id not in self._browsers or not self._browsers[chat_id].tabs:
            raise self._no_page()
        number = next(self._numbers)
        demand = Demand(web_frames.wanted(file_id, number), max_bytes=max_bytes)
        return await self._wait(chat_id, number, demand, self._waits.transfer)

    async def _wait(self, chat_id: str, number: int, demand: Demand, patience: float) -> bytes:
        self._check(chat_id)
        browser = self._browsers.setdefault(chat_id, _Browser())
        browser.demands[number] = demand
        for tab in browser.tabs:
            tab.put(demand.frame)
        try:
            async with asyncio.timeout(patience):
                return await demand.done
        except TimeoutError:
            raise self._no_page() from None
        finally:
            del browser.demands[number]
            self._tidy(chat_id)

    def _check(self, chat_id: str) -> None:
        if not self._is_open:
            raise self._no_page()
        is_there = chat_id in self._browsers and self._browsers[chat_id].tabs
        if not is_there and time.monotonic() - self._seen_at.get(chat_id, self._began_at) > self._waits.forget:
            raise NotDelivered(f"browser {chat_id} was not seen for {self._waits.forget / 3600:g} hours")

    def _no_page(self) -> RetryLater:
        return RetryLater("the browser has no page open that answers", self._waits.away)

    def _note(self, chat_id: str) -> None:
        """Note that a browser is there, and forget those that have long gone."""
        now = time.monotonic()
        self._seen_at.pop(chat_id, None)
        self._seen_at[chat_id] = now  # at the end: the first is the one not seen for longest
        for other, at in list(itertools.islice(self._seen_at.items(), 2)):
            if now - at > self._waits.forget and other not in self._browsers:
                del self._seen_at[other]

    def _tidy(self, chat_id: str) -> None:
        browser = self._browsers.get(chat_id)
        if browser and not browser.is_in_use:
            del self._browsers[chat_id]
