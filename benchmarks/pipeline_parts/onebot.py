"""The platform's side of OneBot v11: a WebSocket server that bots connect to (forward WebSocket).

Message events go to the bot, its API calls are answered at once. Frames are not compressed for either bot.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

BOT_ID = 10_000
SENDS = ("send_msg", "send_private_msg")
QUESTIONS = ("message {number}: how high is Mount Tai?", "第 {number} 条消息：泰山有多高？")


class WrongAnswer(Exception):
    """A bot did not do its work, so that it makes no sense to measure it."""


@dataclass(slots=True)
class Question:
    """A message that waits for its answer. `asked_at` is on the clock of `time.perf_counter`."""

    text: str
    asked_at: float


@dataclass(slots=True)
class Platform:
    """Private chats with numbered users. Every message must get one answer, the echo of it, in order per user.

    `on_answer` is called with the user and the seconds that the answer took. `ask` and `all_answered` raise
    WrongAnswer as soon as the bot has done anything else.
    """

    on_answer: Callable[[int, float], None] = lambda user, seconds: None
    _fault: str | None = None
    _waiting: dict[int, deque[Question]] = field(default_factory=dict)
    _connection: "asyncio.Future[ServerConnection]" = field(default_factory=asyncio.Future)
    _answered: asyncio.Event = field(default_factory=asyncio.Event)
    _num_asked: int = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Listen while the body runs; give the address."""
        async with serve(self._talk, "127.0.0.1", 0, compression=None, ping_interval=None, max_queue=None) as server:
            port = server.sockets[0].getsockname()[1]
            yield f"ws://127.0.0.1:{port}"

    async def connected(self) -> None:
        """Wait for a bot."""
        await self._connection

    async def ask(self, user: int, asked_at: float | None = None) -> None:
        """Send a message of a user; `asked_at` is when it should have been sent."""
        self._check()
        self._num_asked += 1
        text = QUESTIONS[self._num_asked % len(QUESTIONS)].format(number=self._num_asked)
        self._waiting.setdefault(user, deque()).append(Question(text, asked_at or time.perf_counter()))
        await (await self._connection).send(json.dumps(_message_event(self._num_asked, user, text)))

    @property
    def num_waiting(self) -> int:
        """How many messages have no answer yet."""
        return sum(map(len, self._waiting.values()))

    async def all_answered(self) -> None:
        """Wait until every message has its answer."""
        while self.num_waiting:
            self._answered.clear()
            await self._answered.wait()
            self._check()

    def _check(self) -> None:
        if self._fault:
            raise WrongAnswer(self._fault)

    async def _talk(self, connection: ServerConnection) -> None:
        await connection.send(json.dumps(_event("meta_event", meta_event_type="lifecycle", sub_type="connect")))
        self._connection.set_result(connection)
        try:
            async for frame in connection:
                await self._take_call(connection, json.loads(frame))
        except ConnectionClosed as error:
            self._note(f"the connection ended: {error}")

    async def _take_call(self, connection: ServerConnection, call: dict[str, Any]) -> None:
        if call["action"] in SENDS:
            self._take_answer(int(call["params"]["user_id"]), _text_of(call["params"]["message"]))
        else:
            self._note(f"called {call['action']!r}")
        reply = {"status": "ok", "retcode": 0, "data": {"message_id": self._num_asked}, "echo": call["echo"]}
        await connection.send(json.dumps(reply))

    def _take_answer(self, user: int, text: str) -> None:
        waiting = self._waiting.get(user)
        answer, _, _ = text.partition("\n\n")  # glmbot says behind it that a conversation has grown long
        if waiting and answer == f"echo: {waiting[0].text}":
            seconds = time.perf_counter() - waiting.popleft().asked_at
            self._answered.set()
            return self.on_answer(user, seconds)
        expected = f"the echo of {waiting[0].text!r}" if waiting else "nothing"
        return self._note(f"user {user} got {text!r} instead of {expected}")

    def _note(self, fault: str) -> None:
        self._fault = self._fault or fault
        self._answered.set()


def _text_of(message: list[dict[str, Any]] | str) -> str:
    if isinstance(message, str):
        return message
    return "".join(segment["data"]["text"] for segment in message)


def _message_event(number: int, user: int, text: str) -> dict[str, object]:
    return _event(
        "message",
        message_type="private",
        sub_type="friend",
        message_id=number,
        user_id=user,
        message=[{"type": "text", "data": {"text": text}}],
        raw_message=text,
        font=0,
        sender={"user_id": user, "nickname": f"user {user}", "sex": "unknown", "age": 0},
    )


def _event(post_type: str, **fields: object) -> dict[str, object]:
    return {"time": int(time.time()), "self_id": BOT_ID, "post_type": post_type, **fields}
