"""The terminal as a chat: a prompt and streamed answers, or one answer for each line of piped input."""

import asyncio
import locale
import sys
import threading
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from glmbot.adapters.base import Accept, Capabilities, OutgoingMessage
from glmbot.content import LengthUnit, Markup, Rendered, TextForm
from glmbot.events import Chat, ChatKind, Language, MessageEvent, MessageRef, Sender

NAME = "terminal"
FORM = TextForm(Markup.MARKDOWN, 1_000_000, LengthUnit.CHARACTERS)
STOP = "/stop"
EXITS = frozenset({"/exit", "/quit"})
CLEAR_LINE = "\r\x1b[K"
CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}
"""What a message must not do to the terminal: no colours, no cursor, no bell."""


class TerminalAdapter:
    """Talks with the person at this terminal.

    `idle` waits until everything that came in has been answered: only then the next line is read.
    """

    name = NAME

    def __init__(self, chat_id: str, idle: Callable[[], Awaitable[None]]) -> None:
        self._chat = Chat(NAME, chat_id, ChatKind.PRIVATE)
        self._idle = idle
        self.is_interactive = sys.stdin.isatty() and sys.stdout.isatty()
        self._accept: Accept | None = None
        self._screen = _Screen(self.is_interactive)
        self._tasks: asyncio.TaskGroup | None = None
        self._is_answering = False

    @property
    def capabilities(self) -> Capabilities:
        """Streams while someone watches; gives piped input whole answers."""
        return Capabilities(
            form=FORM,
            edit_interval=0.05 if self.is_interactive else None,
            typing_interval=0.25 if self.is_interactive else None,
            has_idempotent_send=False,
        )

    async def run(self, accept: Accept) -> None:
        """Ask for lines and wait for their answers until the input ends."""
        self._accept = accept
        async with asyncio.TaskGroup() as self._tasks:
            await self._wait_for_answers()  # those that a crash left open
            async with aclosing(self._lines()) as lines:
                async for line in lines:
                    if line.strip() in EXITS:
                        return
                    if line.strip():
                        await accept(self._event(line))
                        await self._wait_for_answers()

    async def send(self, message: OutgoingMessage) -> MessageRef:
        """Print a message."""
        ref = MessageRef(message.chat, uuid.uuid4().hex)
        self._screen.show(ref.message_id, message.body.text)
        return ref

    async def edit(self, ref: MessageRef, body: Rendered) -> None:
        """Print what has been added to a message."""
        self._screen.show(ref.message_id, body.text)

    async def show_typing(self, chat: Chat) -> None:
        """Show that an answer is being computed, and for how long."""
        self._screen.show_waiting()

    def interrupt(self) -> bool:
        """Stop the answer being written; return False when there is none."""
        if not self._is_answering or self._tasks is None or self._accept is None:
            return False
        self._tasks.create_task(self._stop(self._accept))
        return True

    async def _stop(self, accept: Accept) -> None:
        await accept(self._event(STOP))

    async def _wait_for_answers(self) -> None:
        self._is_answering = True
        await self._idle()
        self._is_answering = False
        self._screen.end_answer()

    def _lines(self) -> AsyncGenerator[str]:
        return _prompted_lines() if self.is_interactive else _piped_lines()

    def _event(self, text: str) -> MessageEvent:
        return MessageEvent(
            message_id=uuid.uuid4().hex,
            chat=self._chat,
            sender=Sender("local", "you", terminal_language()),
            text=text,
            sent_at=time.time(),
            is_addressed=True,
        )


class _Screen:
    """Prints messages that grow; text that changes otherwise is printed again."""

    def __init__(self, is_interactive: bool) -> None:
        self.is_interactive = is_interactive
        self._shown: dict[str, str] = {}
        self._is_line_open = False
        self._waiting_since: float | None = None

    def show(self, message_id: str, text: str) -> None:
        text = text.translate(CONTROLS)
        self._clear_waiting()
        shown = self._shown.get(message_id, "")
        is_growing = text.startswith(shown)
        if self._is_line_open and not (shown and is_growing):
            self._write("\n")
        self._write(text[len(shown) :] if is_growing else text)
        self._shown[message_id] = text
        if not self.is_interactive:
            self.end_answer()

    def show_waiting(self) -> None:
        if self._is_line_open or not self.is_interactive:
            return
        self._waiting_since = self._waiting_since or time.monotonic()
        seconds = time.monotonic() - self._waiting_since
        sys.stdout.write(f"{CLEAR_LINE}\x1b[2m… {seconds:.0f} s\x1b[0m")
        sys.stdout.flush()

    def end_answer(self) -> None:
        self._clear_waiting()
        if self._is_line_open:
            self._write("\n")
        self._shown.clear()

    def _clear_waiting(self) -> None:
        if self._waiting_since is not None:
            sys.stdout.write(CLEAR_LINE)
            self._waiting_since = None

    def _write(self, text: str) -> None:
        if text:
            # a terminal that is not UTF-8 must not end the bot
            encoding = sys.stdout.encoding or "utf-8"
            sys.stdout.write(text.encode(encoding, errors="replace").decode(encoding))
            sys.stdout.flush()
            self._is_line_open = not text.endswith("\n")


async def _prompted_lines() -> AsyncGenerator[str]:
    session: PromptSession[str] = PromptSession()
    while True:
        try:
            with patch_stdout(raw=True):
                line = await session.prompt_async("> ", handle_sigint=False)
        except EOFError:
            return
        except KeyboardInterrupt:
            continue  # Ctrl-C clears the line, Ctrl-D ends
        yield line


async def _piped_lines() -> AsyncGenerator[str]:
    """Read lines on a thread that the end of the program need not wait for."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue(maxsize=1)
    threading.Thread(target=_read_lines, args=(loop, queue), name="stdin", daemon=True).start()
    while (line := await queue.get()) is not None:
        yield line


def _read_lines(loop: asyncio.AbstractEventLoop, queue: "asyncio.Queue[str | None]") -> None:
    for raw in sys.stdin.buffer:
        asyncio.run_coroutine_threadsafe(queue.put(raw.decode(errors="replace").rstrip("\r\n")), loop).result()
    asyncio.run_coroutine_threadsafe(queue.put(None), loop).result()


def terminal_language() -> Language:
    """Return the language of the user's environment."""
    return Language.CHINESE if (locale.getlocale()[0] or "").startswith("zh") else Language.ENGLISH
