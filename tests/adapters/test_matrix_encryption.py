"""Encrypted rooms on Matrix: the adapter on Synapse, with a person there who runs nio's own client."""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from glmbot.adapters.base import KeepsState, OutgoingMessage
from glmbot.adapters.matrix import MatrixAdapter
from glmbot.adapters.matrix_keys import Keyring
from glmbot.content import File, Rendered
from glmbot.errors import ConfigError, NotDelivered, RetryLater
from glmbot.events import MessageRef
from tests.adapters.test_matrix import Place, outgoing, place, private, running  # noqa: F401
from tests.fakes.matrix_encrypted import EncryptedHuman, encrypted_human
from tests.fakes.matrix_human import again, human


@pytest.fixture
async def ann(place: Place) -> AsyncIterator[EncryptedHuman]:  # noqa: F811
    async with encrypted_human(place.ann) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "adapters" / "matrix"


def adapter_on(place: Place, folder: Path, **settings: str) -> MatrixAdapter:  # noqa: F811
    adapter = place.adapter(**settings)
    assert isinstance(adapter, KeepsState)
    adapter.keep_in(folder)
    return adapter


async def entered(place: Place, ann: EncryptedHuman, *, with_keys: bool = True) -> str:  # noqa: F811
    room_id = await ann.make_room(place.bot)
    await place.ann.until_joined(room_id, place.bot)
    await ann.until(lambda: room_id in ann.client.rooms and place.bot in ann.client.rooms[room_id].users, "the bot")
    await ann.until(lambda: not with_keys or bool(ann.client.device_store.devices(place.bot)), "the bot's keys")
    return room_id


async def test_it_reads_answers_and_edits_in_an_encrypted_room(
    place: Place,  # noqa: F811
    ann: EncryptedHuman,
    folder: Path,
) -> None:
    adapter = adapter_on(place, folder)
    async with running(adapter) as inbox:
        room_id = await entered(place, ann)
        said = await ann.say(room_id, "你好")
        await inbox.received("你好")
        assert inbox.events[0].message_id == said
        ref = await adapter.send(outgoing(private(room_id), "draft"))
        await ann.until_shown(room_id, place.bot, "draft")
        await adapter.edit(ref, Rendered("final", "final"))
        await ann.until_shown(room_id, place.bot, "final")
        assert await adapter.send(outgoing(private(room_id), "draft")) == ref
    assert ann.unread == []
    assert await place.ann.contents(room_id, place.bot) == []
    sealed = [one for one in await place.ann.events(room_id) if one["type"] == "m.room.encrypted"]
    relations = [one["content"].get("m.relates_to") for one in sealed if one["sender"] == place.bot]
    assert relations == [None, {"rel_type": "m.replace", "event_id": ref.message_id}]
    assert (os.stat(folder).st_mode & 0o777) == 0o700


async def test_after_a_restart_it_is_the_same_device_and_reads_what_came_meanwhile(
    place: Place,  # noqa: F811
    ann: EncryptedHuman,
    folder: Path,
) -> None:
    async with running(adapter_on(place, folder)) as inbox:
        room_id = await entered(place, ann)
        await ann.say(room_id, "before")
        await inbox.received("before")
    await ann.say(room_id, "old key")
    ann.client.invalidate_outbound_session(room_id)
    await ann.say(room_id, "new key")
    adapter = adapter_on(place, folder)
    adapter.resume_after({event.chat: event.message_id for event in inbox.events})
    async with running(adapter) as inbox:
        await inbox.received("old key", "new key")
        await adapter.send(outgoing(private(room_id), "here I am"))
        await ann.until_shown(room_id, place.bot, "here I am")
    assert len(ann.client.device_store[place.bot]) == 1
    assert ann.unread == []


async def test_a_key_that_comes_late_opens_what_waited_for_it(
    place: Place,  # noqa: F811
    ann: EncryptedHuman,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    held: list[dict[str, object]] = []

    def hold(news: dict[str, dict[str, list[dict[str, object]]]]) -> object:
        held.extend(news.pop("to_device", {"events": []})["events"])
        return news

    async with running(adapter_on(place, folder)) as inbox:
        room_id = await entered(place, ann)
        place.proxy.change = hold
        await ann.say(room_id, "what is the secret?")
        await place.proxy.until_called("m.room_key_request", 1)
        place.proxy.change = lambda news: news | {"to_device": {"events": held}}
        await place.ann.say(room_id, "in clear")
        await inbox.received("what is the secret?", "in clear")
    assert caplog.text.count("cannot be decrypted") == 1
    assert "secret?" not in caplog.text


async def test_files_go_both_ways_encrypted(place: Place, ann: EncryptedHuman, folder: Path) -> None:  # noqa: F811
    adapter = adapter_on(place, folder)
    async with running(adapter) as inbox:
        room_id = await entered(place, ann)
        await ann.say(room_id, "notes.md", msgtype="m.file", file=await ann.upload(b"# Notes"))
        await inbox.received("")
        assert await adapter.fetch(inbox.events[0].attachments[0], 100) == b"# Notes"
        file = File("answer.md", b"# Answer")
        await adapter.send(OutgoingMessage(private(room_id), Rendered("answer.md", "answer.md", file), "key"))
        await ann.until_shown(room_id, place.bot, "answer.md")
    (content,) = ann.contents(room_id, place.bot)
    assert "url" not in content
    assert await place.ann.download(content["file"]["url"]) != file.data
    assert await ann.download(content["file"]) == file.data


async def test_who_has_left_cannot_read_on(place: Place, ann: EncryptedHuman, folder: Path) -> None:  # noqa: F811
    adapter = adapter_on(place, folder)
    async with human(place.server, "bob") as bob, encrypted_human(bob) as sealed_bob, running(adapter):
        room_id = await entered(place, ann)
        await adapter.send(outgoing(private(room_id), "before", key="1"))
        await place.ann.invite(room_id, bob.user_id)
        await bob.join(room_id)
        await sealed_bob.until(lambda: room_id in sealed_bob.client.rooms, "the room")
        await ann.until(lambda: bob.user_id in ann.client.rooms[room_id].users, "Bob")
        await place.proxy.until_called("since=", place.proxy.num_calls("since=") + 1)
        await adapter.send(outgoing(private(room_id), "for all", key="2"))
        await sealed_bob.until_shown(room_id, place.bot, "for all")
        await place.ann.kick(room_id, bob.user_id)
        await place.proxy.until_called("since=", place.proxy.num_calls("since=") + 1)
        await adapter.send(outgoing(private(room_id), "for Ann", key="3"))
        await ann.until_shown(room_id, place.bot, "before", "for all", "for Ann")
    sessions = [
        one["content"]["session_id"]
        for one in await place.ann.events(room_id)
        if one["type"] == "m.room.encrypted" and one["sender"] == place.bot
    ]
    assert sessions[0] == sessions[1] != sessions[2]


async def test_a_device_that_is_new_since_the_last_run_can_read(
    place: Place,  # noqa: F811
    ann: EncryptedHuman,
    folder: Path,
) -> None:
    adapter = adapter_on(place, folder)
    async with running(adapter):
        room_id = await entered(place, ann)
        for number in range(2):  # what the homeserver has to tell of the devices comes behind the first
            await adapter.send(outgoing(private(room_id), "before", key=f"{number}"))
            await ann.until_shown(room_id, place.bot, *["before"] * (number + 1))
    async with again(place.ann) as phone, encrypted_human(phone) as sealed_phone:
        await sealed_phone.until(lambda: not sealed_phone.client.should_upload_keys, "the phone's keys")
        async with running(adapter):
            await place.proxy.until_called("since=", place.proxy.num_calls("since=") + 1)
            await adapter.send(outgoing(private(room_id), "after", key="new"))
            await sealed_phone.until_shown(room_id, place.bot, "after")


async def test_garbage_stops_nothing(place: Place, ann: EncryptedHuman, folder: Path) -> None:  # noqa: F811
    adapter = adapter_on(place, folder)
    junk = [
        {"type": "m.room.encrypted", "sender": "@x:y", "content": content}
        for content in (
            {},
            {"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": "A", "ciphertext": {"A": {"type": 0}}},
            {"algorithm": [], "sender_key": {}},
        )
    ]

    def spoil(news: dict[str, object]) -> object:
        to_device = news.get("to_device") or {"events": []}
        return news | {"to_device": {"events": [*junk, "x", *to_device["events"]]}}  # type: ignore[index]

    place.proxy.change = spoil
    async with running(adapter) as inbox:
        room_id = await entered(place, ann)
        for content in ({"algorithm": "m.megolm.v1.aes-sha2", "session_id": 7}, {"ciphertext": "x" * 1000}):
            await place.ann.send(room_id, "m.room.encrypted", content)
        await ann.say(room_id, "hello")
        await inbox.received("hello")


async def test_a_device_whose_keys_are_lost_is_replaced(place: Place, ann: EncryptedHuman, folder: Path) -> None:  # noqa: F811
    settings = {"access_token": "", "password": place.account.password}
    async with running(adapter_on(place, folder, **settings)) as inbox:
        room_id = await entered(place, ann)
        await ann.say(room_id, "before")
        await inbox.received("before")
    shutil.rmtree(folder)
    adapter = adapter_on(place, folder, **settings)
    with pytest.raises(ConnectionError, match="are lost; logging in as another one"):
        await adapter.run(inbox.accept)
    async with running(adapter):
        await place.proxy.until_called("since=", place.proxy.num_calls("since=") + 1)
        await adapter.send(outgoing(private(room_id), "as somebody new"))
        await ann.until_shown(room_id, place.bot, "as somebody new")


async def test_without_the_extra_an_encrypted_room_is_told_what_is_missing(
    place: Place,  # noqa: F811
    ann: EncryptedHuman,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "vodozemac", None)
    adapter = adapter_on(place, folder)
    async with running(adapter) as inbox:
        room_id = await entered(place, ann, with_keys=False)
        await ann.say(room_id, "hello")
        await ann.say(room_id, "hello?")
        await place.ann.say(room_id, "in clear")
        await inbox.received("in clear")
        with pytest.raises(NotDelivered, match=r"glmbot\[matrix-e2ee\]"):
            await adapter.send(outgoing(private(room_id), "a secret"))
        with pytest.raises(NotDelivered):
            await adapter.edit(MessageRef(private(room_id), "$x"), Rendered("a secret", "a secret"))
    (notice,) = await place.ann.contents(room_id, place.bot)
    assert notice["msgtype"] == "m.notice"
    assert "glmbot[matrix-e2ee]" in notice["body"]
    assert caplog.text.count("is encrypted") == 1


# -- the keys themselves


ROOM = "!room:localhost"


@contextlib.asynccontextmanager
async def keyrings(folder: Path, *names: str) -> AsyncIterator[list[Keyring]]:
    """Provide devices that know of each other."""
    found = [Keyring(folder / name, f"@{name}:localhost", name.upper()) for name in names]
    uploads = {one.user_id: await one.to_upload(0) for one in found}
    answer = {
        "device_keys": {one.user_id: {one.device_id: uploads[one.user_id]["device_keys"]} for one in found},
        "one_time_keys": {
            one.user_id: {one.device_id: dict([next(iter(uploads[one.user_id]["one_time_keys"].items()))])}
            for one in found
        },
    }
    for one in found:
        await one.learn_devices(answer)
    await found[0].learn_one_time_keys({"one_time_keys": {found[1].user_id: answer["one_time_keys"][found[1].user_id]}})
    yield found
    for one in found:
        await one.close()


async def key_for(ann: Keyring, bot: Keyring) -> dict[str, Any]:
    """Return the message by which Ann gives the bot the room's key."""
    await ann.strangers(ROOM, {bot.user_id})
    ((devices, messages),) = await ann.shares(ROOM, {bot.user_id})
    await ann.note_shared(ROOM, devices)
    content = messages[bot.user_id][bot.device_id]
    return {"type": "m.room.encrypted", "sender": ann.user_id, "content": content}


async def said_by(ann: Keyring, event_id: str = "$1", **fields: Any) -> dict[str, Any]:
    content = await ann.encrypt(ROOM, "m.room.message", {"msgtype": "m.text", "body": "hello"})
    return {"type": "m.room.encrypted", "sender": ann.user_id, "event_id": event_id, "content": content} | fields


async def test_a_key_that_could_not_be_kept_can_be_taken_again(tmp_path: Path) -> None:
    """What the message changed before it failed is undone, in the file and in memory: a second try reads it anew."""
    async with keyrings(tmp_path, "ann", "bot") as (ann, bot):
        message, event = await key_for(ann, bot), await said_by(ann)
        with contextlib.closing(sqlite3.connect(tmp_path / "bot" / "keys.db")) as file:
            file.execute(
                "CREATE TRIGGER full BEFORE INSERT ON megolminboundsessions BEGIN SELECT RAISE(FAIL, 'disk full'); END"
            )
            with pytest.raises(RetryLater, match="cannot be kept"):
                await bot.take([message])
            file.execute("DROP TRIGGER full")
        assert await bot.decrypt(event, ROOM) is None
        assert await bot.take([message])
        await bot.close()
        opened = await bot.decrypt(event, ROOM)
    assert opened is not None
    assert opened["content"] == {"msgtype": "m.text", "body": "hello"}


async def test_a_key_that_was_asked_for_is_taken_from_the_device_that_made_it(tmp_path: Path) -> None:
    """From no other one, and not unasked."""
    async with keyrings(tmp_path, "ann", "bot") as (ann, bot):
        first = await key_for(ann, bot)
        event = await said_by(ann)
        content = event["content"]

        def forwarded(olm: Any) -> Any:
            session = olm.inbound_group_store.get(ROOM, content["sender_key"], content["session_id"])
            device = olm.device_store[bot.user_id][bot.device_id]
            return olm._encrypt_forwarding_key(ROOM, session, olm.session_store.get(device.curve25519), device).content

        message = first | {"content": await ann._do(forwarded)}
        assert not await bot.take([message])
        request = await bot.ask_for(event, ROOM)
        assert request
        assert request["body"]["session_id"] == content["session_id"]
        assert await bot.ask_for(event, ROOM) is None
        assert await bot.take([first | {"content": await ann._do(forwarded)}])
        assert await bot.decrypt(event, ROOM) is not None


async def test_words_cannot_be_played_again_moved_or_put_into_anothers_mouth(tmp_path: Path) -> None:
    async with keyrings(tmp_path, "ann", "bot") as (ann, bot):
        await bot.take([await key_for(ann, bot)])
        event = await said_by(ann)
        assert await bot.decrypt(event | {"sender": "@eve:localhost"}, ROOM) is None
        assert await bot.decrypt(event, "!other:localhost") is None
        assert await bot.decrypt(event, ROOM) is not None
        assert await bot.decrypt(event, ROOM) is not None
        assert await bot.decrypt(event | {"event_id": "$2"}, ROOM) is None


async def test_a_device_cannot_change_its_key(tmp_path: Path) -> None:
    async with keyrings(tmp_path, "ann", "bot") as (ann, bot):
        await bot.take([await key_for(ann, bot)])
        event = await said_by(ann)
        imposter = Keyring(tmp_path / "imposter", ann.user_id, ann.device_id)
        keys = await imposter.to_upload(0)
        assert keys
        await bot.learn_devices({"device_keys": {ann.user_id: {ann.device_id: keys["device_keys"]}}})
        assert await bot.decrypt(event, ROOM) is not None
        await imposter.close()


@pytest.mark.parametrize(
    "answer", [{}, {"device_keys": []}, {"device_keys": {"@ann:localhost": {"X": {"keys": 7}, "Y": None}, "@b:c": 7}}]
)
async def test_an_answer_about_devices_that_cannot_be_read_harms_nobody(tmp_path: Path, answer: dict[str, Any]) -> None:
    async with keyrings(tmp_path, "ann", "bot") as (ann, bot):
        await bot.learn_devices(answer)
        await bot.learn_one_time_keys({"one_time_keys": {ann.user_id: {ann.device_id: {"k": {"key": "?"}}, "Z": {}}}})
        assert await bot.take([await key_for(ann, bot)])


async def test_the_keys_of_two_accounts_are_kept_apart(tmp_path: Path) -> None:
    """nio's stores share their classes, which know one file at a time."""
    async with keyrings(tmp_path, "ann", "bot") as (ann, bot):
        async with asyncio.TaskGroup() as tasks:
            for number in range(100):
                tasks.create_task(ann.note_encrypted(f"!{number}:ann"))
                tasks.create_task(bot.note_encrypted(f"!{number}:bot"))
        for one, name in ((ann, "ann"), (bot, "bot")):
            assert await one.encrypted_rooms() == {f"!{number}:{name}" for number in range(100)}


async def test_a_damaged_file_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "keys.db").write_bytes(b"no database" * 1000)
    with pytest.raises(ConfigError, match=r"keys\.db cannot be read"):
        await Keyring(tmp_path, "@bot:localhost", "BOT").identity()
