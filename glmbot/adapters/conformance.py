"""The kit that shows whether an adapter keeps the promises of `glmbot.adapters.base`; every adapter of ours passes it.

Write a `Stage`, which plays your platform's side with a server that you did not write or a fake that is strict, and a
subclass of `Conformance` whose name begins with "Test"; pytest does the rest:

    class TestMyAdapter(Conformance):
        @asynccontextmanager
        async def stage(self) -> AsyncIterator[Stage]:
            async with MyServer() as server:
                yield MyStage(MyAdapter("mine", server.address), server)

It needs pytest and nothing else. What a stage cannot play is skipped, with the reason.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from typing import Protocol, TypeVar

import pytest

from glmbot.adapters.base import Adapter, OutgoingMessage
from glmbot.content import MAX_BUTTONS, Button, File, LengthUnit, Rendered
from glmbot.errors import NotDelivered, RetryLater
from glmbot.events import Chat, MessageEvent, MessageRef, Reaction

T = TypeVar("T")

DEADLINE = 30.0
"""Seconds for anything that a test waits for."""
SHUTDOWN = 10.0
"""Seconds in which `run` must end when it is cancelled."""
RESTART_PAUSE = 0.2
LOOK_EVERY = 0.02
NUM_IN_ORDER = 20
MIN_LENGTH = 20
SAMPLES = ("Hello, world.", "你好，世界。", "👩‍👩‍👧 family & <b>no</b> markup")
LETTER, EMOJI = "深", "🎓"


class Stage:
    """The platform's side of one private chat with the bot, `chat` as the adapter names it. Subclass it."""

    def __init__(self, adapter: Adapter, chat: Chat) -> None:
        self.adapter = adapter
        self.chat = chat

    async def connected(self) -> None:
        """Return when the adapter receives what is written from now on."""

    async def write(self, text: str) -> None:
        """Let a person write to the bot."""
        raise NotImplementedError

    async def shown(self) -> Sequence[str]:
        """Return the bot's messages that can be seen in the chat, oldest first, without markup."""
        raise NotImplementedError

    async def files(self) -> Sequence[tuple[str, bytes]]:
        """Return the files that can be seen in the chat, by name and content. Needed for `can_send_files`."""
        raise NotImplementedError

    async def press(self, label: str) -> None:
        """Let the person press a button; LookupError where none has this label. Needed for `can_show_buttons`."""
        raise NotImplementedError

    async def react(self, emoji: str, *, is_removed: bool = False) -> None:
        """Let the person put an emoji under their last message, or take it away. Needed where a platform has them."""
        pytest.skip("this stage has no reactions")

    async def write_again(self) -> None:
        """Let the platform deliver the last message once more. Needed where a platform does that."""
        pytest.skip("this stage cannot deliver a message twice")

    async def ask_to_wait(self, seconds: float) -> None:
        """Let the platform refuse the bot's next message, and ask to wait."""
        pytest.skip("this stage has no limit to run into")

    async def refuse(self) -> None:
        """Let the platform refuse all messages in the chat for good from now on: the bot is blocked, say."""
        pytest.skip("this stage cannot refuse for good")

    async def cut(self) -> None:
        """Cut the connection by which messages come in; the platform stays reachable."""
        pytest.skip("this stage has no connection to cut")


class Door:
    """The bot's side: stores what is offered, or fails with the next of `faults` first."""

    def __init__(self) -> None:
        self.stored: list[MessageEvent] = []
        self.faults: list[Exception] = []
        self.num_offers = 0

    async def accept(self, event: MessageEvent) -> None:
        """Take an event, as the bot's own door does: a repeat is taken silently."""
        self.num_offers += 1
        if self.faults:
            raise self.faults.pop(0)
        if event.message_id not in [stored.message_id for stored in self.stored]:
            self.stored.append(event)

    @property
    def texts(self) -> list[str]:
        """The texts of all that was stored, oldest first."""
        return [event.text for event in self.stored]


class Play(Protocol):
    """One test, on a stage, with the adapter running."""

    def __call__(self, stage: Stage, door: Door, /) -> Awaitable[None]: ...


class Conformance:
    """The tests; they are synchronous, so that no plugin of pytest is needed."""

    def stage(self) -> AbstractAsyncContextManager[Stage]:
        """Return a fresh stage. Yours."""
        raise NotImplementedError

    # -- what comes in

    def test_receives_whole_texts(self) -> None:
        """A text arrives as it was written, with sender, chat and time."""

        async def play(stage: Stage, door: Door) -> None:
            for text in SAMPLES:
                await stage.write(text)
            await _until(lambda: len(door.stored) >= len(SAMPLES), f"{len(SAMPLES)} messages")
            assert door.texts == list(SAMPLES)
            for event in door.stored:
                assert (event.chat, event.chat.adapter) == (stage.chat, stage.adapter.name)
                assert event.sender.sender_id
                assert event.sender.name
                assert event.is_addressed, "in a private chat the bot is always meant"
                assert abs(event.sent_at - time.time()) < 24 * 3600, "sent_at is in seconds since 1970, UTC"

        self._play(play)

    def test_keeps_the_order_and_tells_messages_apart(self) -> None:
        """Each message has an id of its own, and they come in the order in which they were written."""
        texts = [f"message {number}" for number in range(NUM_IN_ORDER)]

        async def play(stage: Stage, door: Door) -> None:
            for text in texts:
                await stage.write(text)
            await _until(lambda: len(door.stored) >= NUM_IN_ORDER, f"{NUM_IN_ORDER} messages")
            assert door.texts == texts

        self._play(play)

    def test_names_a_repeated_message_as_before(self) -> None:
        """What a platform delivers twice has the same id both times, so that the inbox can drop it."""

        async def play(stage: Stage, door: Door) -> None:
            await stage.write("once")
            await _until(lambda: len(door.stored) == 1, "the message")
            num_offers = door.num_offers
            await stage.write_again()
            await stage.write("twice")
            await _until(lambda: "twice" in door.texts, "the message after the repeated one")
            assert door.texts == ["once", "twice"]
            assert num_offers + 1 <= door.num_offers <= num_offers + 2

        self._play(play)

    def test_tells_of_reactions(self) -> None:
        """An emoji under a message is an event of its own: which emoji, under which message, by whom and where."""

        async def play(stage: Stage, door: Door) -> None:
            await stage.write("look!")
            await _until(lambda: len(door.stored) == 1, "the message")
            message = door.stored[0]
            for is_removed in (False, True, False):
                await stage.react("👍", is_removed=is_removed)
            await stage.write("thanks")
            await _until(lambda: len(door.stored) >= 5, "three reactions, and the message after them")
            added, removed = (Reaction(message.message_id, "👍", is_removed) for is_removed in (False, True))
            assert [event.reaction for event in door.stored] == [None, added, removed, added, None]
            assert door.texts == ["look!", "", "", "", "thanks"]
            assert {(event.chat, event.sender.sender_id) for event in door.stored} == {
                (message.chat, message.sender.sender_id)
            }

        self._play(play)

    def test_offers_again_what_could_not_be_stored(self) -> None:
        """A message is confirmed only when it is durable: until then it is offered again, before later ones."""

        async def play(stage: Stage, door: Door) -> None:
            door.faults = [RetryLater("the disk is full", after=0.05), RetryLater("still full", after=0.05)]
            for text in ("first", "second"):
                await stage.write(text)
            await _until(lambda: len(door.stored) >= 2, "both messages")
            assert door.texts == ["first", "second"]

        self._play(play)

    def test_receives_again_after_a_cut(self) -> None:
        """When its connection is lost the adapter comes back: by itself, or when it is started again."""

        async def play(stage: Stage, door: Door) -> None:
            await stage.write("before")
            await _until(lambda: "before" in door.texts, "the message before the cut")
            await stage.cut()
            await stage.connected()
            await stage.write("after")
            await _until(lambda: "after" in door.texts, "the message after the cut")
            assert door.texts == ["before", "after"]

        self._play(play)

    # -- what goes out

    def test_sends(self) -> None:
        """A message can be seen as it is, and has a place by which it can be found again."""

        async def play(stage: Stage, door: Door) -> None:
            refs = [await _send(stage, text, f"key{number}") for number, text in enumerate(("one", "二", EMOJI))]
            assert list(await stage.shown()) == ["one", "二", EMOJI]
            assert len({ref.message_id for ref in refs}) == len(refs)
            assert all(ref.message_id for ref in refs)

        self._play(play)

    def test_sends_once_with_one_key(self) -> None:
        """Where `has_idempotent_send` is declared, a repeated key shows one message, in one place."""

        async def play(stage: Stage, door: Door) -> None:
            if not stage.adapter.capabilities.has_idempotent_send:
                pytest.skip("the adapter does not declare has_idempotent_send")
            first, second = [await _send(stage, "once", "the same key") for _ in range(2)]
            assert (list(await stage.shown()), first) == (["once"], second)

        self._play(play)

    def test_sends_as_much_as_it_declares(self) -> None:
        """The platform takes a message of `max_length`, counted in the declared unit."""

        async def play(stage: Stage, door: Door) -> None:
            for letter in (LETTER, EMOJI):
                text = letter * _most_of(letter, stage.adapter)
                await _send(stage, text, f"key of {letter}")
                assert (await stage.shown())[-1] == text

        self._play(play)

    def test_sends_a_file(self) -> None:
        """Where `can_send_files` is declared, a message may carry a file, with a caption."""
        files = (File("answer.md", "# 标题\n\nlong, long ago 🎓\n".encode() * 100), File("数据.bin", bytes(range(256))))

        async def play(stage: Stage, door: Door) -> None:
            if not stage.adapter.capabilities.can_send_files:
                pytest.skip("the adapter does not declare can_send_files")
            for file in files:
                message = OutgoingMessage(stage.chat, Rendered(file.name, file.name, file), f"key of {file.name}")
                ref = await _patiently(partial(stage.adapter.send, message))
                assert ref.message_id
            assert list(await stage.shown()) == [file.name for file in files]
            assert list(await stage.files()) == [(file.name, file.data) for file in files]

        self._play(play)

    def test_shows_buttons(self) -> None:
        """Where `can_show_buttons` is declared, a button says its command; an edit without buttons takes them away."""
        buttons = tuple(Button(f"Choice {number} 选择", f"/choose {number} 🎓") for number in range(MAX_BUTTONS))

        async def play(stage: Stage, door: Door) -> None:
            if not stage.adapter.capabilities.can_show_buttons:
                pytest.skip("the adapter does not declare can_show_buttons")
            message = OutgoingMessage(stage.chat, Rendered("Choose!", "Choose!", buttons=buttons), "key")
            ref = await _patiently(lambda: stage.adapter.send(message))
            for button in (buttons[0], buttons[-1]):
                await stage.press(button.label)
            await _until(lambda: len(door.stored) >= 2, "two presses")
            assert door.texts == [buttons[0].command, buttons[-1].command]
            assert {event.chat for event in door.stored} == {stage.chat}
            assert all(event.is_addressed for event in door.stored)
            await _patiently(lambda: stage.adapter.edit(ref, Rendered("Thanks.", "Thanks.")))
            with pytest.raises(LookupError):
                await stage.press(buttons[0].label)

        self._play(play)

    def test_edits(self) -> None:
        """An edit replaces the text; one that changes nothing is no error. Without edits it is refused for good."""

        async def play(stage: Stage, door: Door) -> None:
            ref = await _send(stage, "draft", "key")
            if stage.adapter.capabilities.edit_interval is None:
                with pytest.raises(NotDelivered):
                    await stage.adapter.edit(ref, Rendered("final", "final"))
                return
            for _ in range(2):
                await _patiently(lambda: stage.adapter.edit(ref, Rendered("final", "final")))
            assert list(await stage.shown()) == ["final"]

        self._play(play)

    def test_shows_that_it_is_typing(self) -> None:
        """The sign is shown or silently left out; it is never a message."""

        async def play(stage: Stage, door: Door) -> None:
            await stage.adapter.show_typing(stage.chat)
            assert list(await stage.shown()) == []

        self._play(play)

    def test_waits_as_long_as_it_is_asked(self) -> None:
        """A limit is RetryLater with the platform's own wait, unless the library waits itself; then it goes through."""
        wait = 2.0

        async def play(stage: Stage, door: Door) -> None:
            await stage.ask_to_wait(wait)
            began = time.monotonic()
            await _send(stage, "late", "key")
            assert time.monotonic() - began >= wait
            assert list(await stage.shown()) == ["late"]

        self._play(play)

    def test_gives_up_what_is_refused_for_good(self) -> None:
        """What the platform will never take is NotDelivered, so that nobody tries for ever."""

        async def play(stage: Stage, door: Door) -> None:
            await stage.refuse()
            with pytest.raises(NotDelivered):
                await _send(stage, "nobody reads this", "key")

        self._play(play)

    # -- what it is

    def test_declares_what_it_can(self) -> None:
        """The capabilities make sense."""

        async def play(stage: Stage, door: Door) -> None:
            can = stage.adapter.capabilities
            assert can.form.max_length >= MIN_LENGTH
            assert can.edit_interval is None or can.edit_interval > 0
            assert can.typing_interval is None or can.typing_interval > 0

        self._play(play)

    def test_ends_when_it_is_told_to(self) -> None:
        """`run` ends soon when it is cancelled; a message after that is sent, or told to wait, and never hangs."""

        async def play(stage: Stage, door: Door) -> None:
            await stage.write("last")
            await _until(lambda: door.texts == ["last"], "the message")

        async def after(stage: Stage) -> None:
            with suppress(RetryLater, NotDelivered):
                async with asyncio.timeout(SHUTDOWN):
                    await _send_once(stage, "after the end", "key")

        self._play(play, after)

    def _play(self, play: Play, after: Callable[[Stage], Awaitable[None]] | None = None) -> None:
        asyncio.run(self._perform(play, after))

    async def _perform(self, play: Play, after: Callable[[Stage], Awaitable[None]] | None) -> None:
        async with self.stage() as stage:
            door = Door()
            async with _running(stage.adapter, door):
                await stage.connected()
                await play(stage, door)
            if after is not None:
                await after(stage)


@asynccontextmanager
async def _running(adapter: Adapter, door: Door) -> AsyncIterator[None]:
    """Run an adapter as the bot does: when it fails it is started again."""

    errors: list[Exception] = []

    async def run() -> None:
        while not is_over:
            try:
                await adapter.run(door.accept)
            except Exception as error:  # noqa: BLE001  any error is a reason to start it again, as `Adapter` says
                errors.append(error)
            await asyncio.sleep(RESTART_PAUSE)

    is_over = False
    task = asyncio.create_task(run())
    try:
        yield
    except Exception as failure:
        for error in errors[-1:]:
            failure.add_note(f"run() of adapter {adapter.name!r} ended with {error!r}")
        raise
    finally:
        is_over = True
        task.cancel()
        _, pending = await asyncio.wait({task}, timeout=SHUTDOWN)
        assert not pending, f"run() of adapter {adapter.name!r} does not end when it is cancelled"


async def _send(stage: Stage, text: str, key: str) -> MessageRef:
    return await _patiently(lambda: _send_once(stage, text, key))


async def _send_once(stage: Stage, text: str, key: str) -> MessageRef:
    return await stage.adapter.send(OutgoingMessage(stage.chat, Rendered(text, text), key))


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Do as the bot does: wait as the platform asks, and try again."""
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                return await call()
            except RetryLater as error:
                await asyncio.sleep(error.after)


async def _until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not is_so():
        assert time.monotonic() < deadline, f"waited {DEADLINE:g} s for {what}"
        await asyncio.sleep(LOOK_EVERY)


def _most_of(letter: str, adapter: Adapter) -> int:
    form = adapter.capabilities.form
    size = {
        LengthUnit.CHARACTERS: len(letter),
        LengthUnit.UTF16_PARSED: len(letter.encode("utf-16-le")) // 2,
        LengthUnit.BYTES: len(letter.encode()),
    }[form.unit]
    return form.max_length // size
