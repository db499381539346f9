"""The Matrix adapter keeps the promises of the adapter protocol, on a real homeserver."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from glmbot.adapters.conformance import Conformance, Stage
from glmbot.adapters.matrix import MatrixAdapter
from glmbot.adapters.matrix_waits import Waits
from glmbot.events import Chat, ChatKind
from glmbot.settings import MatrixSettings
from tests.fakes.matrix_human import Human, human
from tests.fakes.matrix_proxy import MatrixProxy
from tests.synapse import Account, Synapse

QUICK = Waits(poll=2.0, answer=10.0, first=0.05, longest=0.2)


class MatrixStage(Stage):
    """A room of two on Synapse; what stands before it delivers twice, limits and cuts."""

    def __init__(self, proxy: MatrixProxy, account: Account, ann: Human, room_id: str) -> None:
        settings = MatrixSettings(homeserver=proxy.url, user_id=account.user_id, access_token=account.access_token)
        super().__init__(MatrixAdapter("matrix", settings, waits=QUICK), Chat("matrix", room_id, ChatKind.PRIVATE))
        self._proxy = proxy
        self._account = account
        self._ann = ann

    async def connected(self) -> None:
        await self._ann.until_joined(self.chat.chat_id, self._account.user_id)

    async def write(self, text: str) -> None:
        await self._ann.say(self.chat.chat_id, text)

    async def write_again(self) -> None:
        self._proxy.repeat_news()

    async def shown(self) -> Sequence[str]:
        return await self._ann.shown(self.chat.chat_id, self._account.user_id)

    async def files(self) -> Sequence[tuple[str, bytes]]:
        contents = await self._ann.contents(self.chat.chat_id, self._account.user_id)
        return [(one["filename"], await self._ann.download(one["url"])) for one in contents if "url" in one]

    async def ask_to_wait(self, seconds: float) -> None:
        self._proxy.refuse("/send/", 429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": round(seconds * 1000)})

    async def refuse(self) -> None:
        await self._ann.kick(self.chat.chat_id, self._account.user_id)

    async def cut(self) -> None:
        self._proxy.cut_polls()


class TestMatrix(Conformance):
    """Matrix, by long polling."""

    @pytest.fixture(autouse=True)
    def _use(self, homeserver: Synapse) -> None:
        self._homeserver = homeserver

    @asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        account = self._homeserver.register("bot")
        async with MatrixProxy(self._homeserver.url) as proxy, human(self._homeserver, "ann") as ann:
            yield MatrixStage(proxy, account, ann, await ann.make_room(account.user_id, is_direct=True))
