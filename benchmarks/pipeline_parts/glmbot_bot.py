"""glmbot with a small OneBot adapter and a model that takes no time. Everything else is as it is shipped.

python glmbot_bot.py URL FOLDER [--database URL] [--not-durable]

The model stands in `InferenceClient`: it is asked with the whole prompt, and answers in this process, without HTTP.
Commits that do not wait for the disk are a setting of the database that is made at the beginning of each transaction.
"""

import argparse
import asyncio
import itertools
import json
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, event
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from glmbot.adapters.base import Accept, Capabilities, OutgoingMessage
from glmbot.app import open_app
from glmbot.content import LengthUnit, Markup, Rendered, TextForm
from glmbot.errors import NotDelivered, RetryLater
from glmbot.events import Chat, ChatKind, MessageEvent, MessageRef, Sender
from glmbot.inference.client import InferenceClient, Piece, TokenCount
from glmbot.prompt import ChatMessage
from glmbot.settings import BotSettings, InferenceSettings, LimitSettings, Settings, StorageSettings

NAME = "onebot"
AWAY_PAUSE = 1.0
NOT_DURABLE = {"sqlite": "PRAGMA synchronous = OFF", "postgresql": "SET LOCAL synchronous_commit = off"}


class OneBotAdapter:
    """OneBot v11 by forward WebSocket, as much of it as private messages need."""

    name = NAME
    capabilities = Capabilities(
        form=TextForm(Markup.PLAIN, 4000, LengthUnit.CHARACTERS),
        edit_interval=None,
        typing_interval=None,
        has_idempotent_send=False,
    )

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: ClientConnection | None = None
        self._numbers = itertools.count(1)
        self._calls: dict[str, asyncio.Future[str]] = {}
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        """For each user; they keep messages in order while those of others are stored."""

    async def run(self, accept: Accept) -> None:
        """Receive until the connection ends, in whatever way: that is the end of the bot."""
        async with (
            connect(self._url, compression=None, ping_interval=None, max_queue=None) as self._connection,
            asyncio.TaskGroup() as tasks,  # as many as the platform has messages waiting
        ):
            with suppress(ConnectionClosed):
                await self._receive(accept, tasks)

    async def _receive(self, accept: Accept, tasks: asyncio.TaskGroup) -> None:
        assert self._connection is not None
        async for frame in self._connection:
            fields = json.loads(frame)
            if "echo" in fields:
                self._calls[fields["echo"]].set_result(str(fields["data"]["message_id"]))
            elif fields["post_type"] == "message":
                tasks.create_task(self._take(fields["user_id"], _event_of(fields), accept))

    async def send(self, message: OutgoingMessage) -> MessageRef:
        """Send a private message."""
        user, text = int(message.chat.chat_id), message.body.text
        segments = [{"type": "text", "data": {"text": text}}]
        params = {"message_type": "private", "user_id": user, "message": segments}
        return MessageRef(message.chat, await self._call("send_msg", params))

    async def edit(self, ref: MessageRef, body: Rendered) -> None:
        """Refuse: OneBot cannot."""
        raise NotDelivered("OneBot has no edits")

    async def show_typing(self, chat: Chat) -> None:
        """Show nothing: OneBot cannot."""

    async def _take(self, user: int, event: MessageEvent, accept: Accept) -> None:
        async with self._turns[user]:
            await accept(event)

    async def _call(self, action: str, params: dict[str, object]) -> str:
        if self._connection is None:
            raise RetryLater("not connected", after=AWAY_PAUSE)
        echo = str(next(self._numbers))
        self._calls[echo] = asyncio.get_running_loop().create_future()
        try:
            await self._connection.send(json.dumps({"action": action, "params": params, "echo": echo}))
            return await self._calls[echo]
        finally:
            del self._calls[echo]


class InstantModel:
    """Answers with the echo of the question."""

    async def generate(
        self, messages: Sequence[ChatMessage], max_tokens: int, user: str | None = None
    ) -> AsyncGenerator[Piece]:
        """Yield the whole answer at once."""
        answer = f"echo: {messages[-1].content}"
        yield Piece(answer)
        yield Piece("", "stop", _num_tokens(messages), len(answer))

    async def count(self, messages: Sequence[ChatMessage]) -> TokenCount:
        """Count one token for each character, in ChatGLM-6B's context."""
        return TokenCount(_num_tokens(messages), 2048)


def _num_tokens(messages: Sequence[ChatMessage]) -> int:
    return sum(len(message.content) for message in messages)


def _event_of(fields: dict[str, object]) -> MessageEvent:
    user = str(fields["user_id"])
    return MessageEvent(
        message_id=str(fields["message_id"]),
        chat=Chat(NAME, user, ChatKind.PRIVATE),
        sender=Sender(user, str(fields["sender"]["nickname"])),
        text="".join(segment["data"]["text"] for segment in fields["message"]),
        sent_at=float(fields["time"]),
        is_addressed=True,
    )


def _stop_waiting_for_the_disk(connection: Connection) -> None:
    connection.exec_driver_sql(NOT_DURABLE[connection.dialect.name])


async def run(options: argparse.Namespace) -> None:
    """Run the bot until SIGTERM."""
    settings = Settings(
        bot=BotSettings(data_dir=options.folder),
        storage=StorageSettings(url=options.database, backup_hours=0),
        inference=InferenceSettings(url="http://127.0.0.1:9/v1"),  # never called
        limits=LimitSettings(messages_per_minute=1e9, burst=10**9),  # counted, and never reached
    )
    async with open_app(settings, {NAME: OneBotAdapter(options.url)}) as app:
        await app.run()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database")
    parser.add_argument("--not-durable", action="store_true")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    InferenceClient.generate, InferenceClient.count = InstantModel.generate, InstantModel.count
    if options.not_durable:
        event.listen(Engine, "begin", _stop_waiting_for_the_disk)
    asyncio.run(run(options))


if __name__ == "__main__":
    main()
