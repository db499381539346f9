"""A person on Matrix, by plain HTTP calls: no library that the adapter uses, too."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import httpx

from tests.synapse import Account, Synapse

DEADLINE = 30.0
LOOK_EVERY = 0.05

Json = dict[str, Any]


@dataclass(slots=True)
class Human:
    """Somebody with an account."""

    account: Account
    http: httpx.AsyncClient
    _keys: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def user_id(self) -> str:
        return self.account.user_id

    async def call(self, method: str, *path: str, body: Json | None = None, **query: str | int) -> Json:
        """Make a call of the client-server API; one that fails is an error of the test."""
        address = "/_matrix/client/v3/" + "/".join(quote(part, safe="") for part in path)
        response = await self.http.request(method, address, json=body, params=query)
        assert response.is_success, response.text
        answer: Json = response.json()
        return answer

    async def make_room(self, *invited: str, is_direct: bool = False, **wishes: Any) -> str:
        """Make a room, invite others to it, and return its id."""
        body = {"preset": "private_chat", "invite": list(invited), "is_direct": is_direct} | wishes
        room_id: str = (await self.call("POST", "createRoom", body=body))["room_id"]
        return room_id

    async def join(self, room_id: str) -> None:
        await self.call("POST", "join", room_id, body={})

    async def invite(self, room_id: str, user_id: str) -> None:
        await self.call("POST", "rooms", room_id, "invite", body={"user_id": user_id})

    async def kick(self, room_id: str, user_id: str) -> None:
        await self.call("POST", "rooms", room_id, "kick", body={"user_id": user_id})

    async def say(self, room_id: str, text: str, **fields: Any) -> str:
        """Send a message, by default a text, and return its id."""
        return await self.send(room_id, "m.room.message", {"msgtype": "m.text", "body": text} | fields)

    async def send(self, room_id: str, kind: str, content: Json) -> str:
        """Send any event."""
        key = f"human{next(self._keys)}"
        event_id: str = (await self.call("PUT", "rooms", room_id, "send", kind, key, body=content))["event_id"]
        return event_id

    async def upload(self, data: bytes) -> str:
        """Store a file, and return its address."""
        response = await self.http.post("/_matrix/media/v3/upload", content=data)
        assert response.is_success, response.text
        address: str = response.json()["content_uri"]
        return address

    async def download(self, address: str) -> bytes:
        """Return a stored file."""
        response = await self.http.get(f"/_matrix/client/v1/media/download/{address.removeprefix('mxc://')}")
        assert response.is_success, response.text
        return response.content

    async def reply(self, room_id: str, event_id: str, text: str) -> str:
        """Answer a message."""
        return await self.say(room_id, text, **{"m.relates_to": {"m.in_reply_to": {"event_id": event_id}}})

    async def until_joined(self, room_id: str, user_id: str) -> None:
        """Wait until somebody has come in."""
        await self.until(lambda: self._is_in(room_id, user_id), f"{user_id} in the room")

    async def until_shown(self, room_id: str, sender: str, *texts: str) -> None:
        """Wait until somebody's messages in a room are these."""
        await self.until(lambda: self._shows(room_id, sender, texts), f"{texts} of {sender}")

    async def until(self, is_so: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait until something is so."""
        try:
            async with asyncio.timeout(DEADLINE):
                while not await is_so():
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            raise AssertionError(f"waited {DEADLINE:g} s for {what}") from None

    async def events(self, room_id: str) -> list[Json]:
        """Return the whole history of a room, oldest first."""
        events, start = [], ""
        while True:
            query: Json = {"from": start} if start else {}
            page = await self.call("GET", "rooms", room_id, "messages", dir="b", limit=500, **query)
            events += page["chunk"]
            if "end" not in page:
                return events[::-1]
            start = page["end"]

    async def contents(self, room_id: str, sender: str) -> list[Json]:
        """Return what somebody sent, each with its id, edits as events of their own."""
        events = [event for event in await self.events(room_id) if event["type"] == "m.room.message"]
        return [event["content"] | {"id": event["event_id"]} for event in events if event["sender"] == sender]

    async def shown(self, room_id: str, sender: str) -> list[str]:
        """Return somebody's messages as a client shows them: each once, with its last text."""
        texts: dict[str, str] = {}
        for content in await self.contents(room_id, sender):
            relation = content.get("m.relates_to", {})
            if relation.get("rel_type") == "m.replace":
                texts[relation["event_id"]] = content["m.new_content"]["body"]
            else:
                texts[content["id"]] = content["body"]
        return list(texts.values())

    async def typing(self, room_id: str, since: str = "") -> tuple[list[str], str]:
        """Return who is writing in a room, and from where on to ask for news."""
        query: Json = {"since": since, "timeout": 0} if since else {}
        sync = await self.call("GET", "sync", **query)
        events = sync["rooms"].get("join", {}).get(room_id, {}).get("ephemeral", {}).get("events", [])
        found = [event["content"]["user_ids"] for event in events if event["type"] == "m.typing"]
        return (found[-1] if found else []), sync["next_batch"]

    async def _shows(self, room_id: str, sender: str, texts: Sequence[str]) -> bool:
        return await self.shown(room_id, sender) == list(texts)

    async def _is_in(self, room_id: str, user_id: str) -> bool:
        return user_id in (await self.call("GET", "rooms", room_id, "joined_members"))["joined"]


@asynccontextmanager
async def human(server: Synapse, name: str) -> AsyncIterator[Human]:
    """Provide somebody new."""
    account = server.register(name)
    headers = {"Authorization": f"Bearer {account.access_token}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=DEADLINE) as http:
        yield Human(account, http)


@asynccontextmanager
async def again(person: Human) -> AsyncIterator[Human]:
    """Provide the same person at another device."""
    who = {"type": "m.id.user", "user": person.user_id}
    wish = {"type": "m.login.password", "identifier": who, "password": person.account.password}
    token = (await person.call("POST", "login", body=wish))["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=person.http.base_url, headers=headers, timeout=DEADLINE) as http:
        yield Human(replace(person.account, access_token=token), http)
