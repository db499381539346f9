"""The network between bot and platform: cut, half-open, refusing, repeating and mixing."""

import random
import signal
from collections import deque

import pytest

from tests.faults.platform import Fault
from tests.faults.spec import Mode
from tests.faults.world import World

CHATS = ("c1", "c2", "c3")


async def ask_all(world: World, rounds: int = 2) -> None:
    for _ in range(rounds):
        for chat in CHATS:
            await world.ask(chat)


async def test_a_cut_network_delays_replies_and_loses_none(world: World) -> None:
    async with world.running():
        await world.ask()
        await world.drained()
        await world.platform.down()
        await ask_all(world)  # written by users while the bot cannot see it
        await world.platform.up()
        await world.drained()
        (await world.findings()).check()


async def test_replies_that_are_ready_while_the_network_is_cut_come_later_in_order(world: World) -> None:
    world.model.gate.clear()
    async with world.running(edit_interval=None):
        await ask_all(world)
        await world.platform.until(lambda platform: not platform.num_unconfirmed, "intake")
        await world.platform.down()
        world.model.gate.set()
        await world.model.until_idle()
        await world.platform.up()
        await world.drained()
        (await world.findings()).check()


@pytest.mark.parametrize("fault", [Fault.TOO_MANY, Fault.SERVER_ERROR])
async def test_a_refused_call_is_made_again(world: World, fault: Fault) -> None:
    for kind in ("send", "edit", "typing"):
        world.platform.faults[kind] = deque([fault] * 3)
    if fault is Fault.SERVER_ERROR:
        world.platform.faults["updates"] = deque([fault] * 2)
    async with world.running():
        await ask_all(world)
        await world.drained()
        assert not world.platform.faults["send"]
        (await world.findings()).check()


@pytest.mark.alone
async def test_429_is_obeyed_and_holds_up_its_own_chat_only(world: World) -> None:
    world.platform.retry_after = 3.0
    world.platform.faults["send"].append(Fault.TOO_MANY)
    async with world.running(edit_interval=None):
        await world.ask("c1")
        await world.platform.until(lambda platform: not platform.faults["send"], "the refusal")
        await world.ask("c2")
        await world.drained()
        calls = sorted(world.platform.calls("send"), key=lambda call: call.at)
        assert [(call.body["chat"], call.outcome) for call in calls] == [("c1", "429"), ("c2", "200"), ("c1", "200")]
        assert calls[2].at - calls[0].at >= world.platform.retry_after
        (await world.findings()).check()


async def test_a_send_that_was_accepted_and_then_cut_is_visible_once(world: World) -> None:
    world.platform.faults["send"] = deque([Fault.CUT_AFTER_ACCEPT] * 2)
    async with world.running():
        await ask_all(world)
        await world.drained()
        (await world.findings()).check()


@pytest.mark.alone
@pytest.mark.parametrize("kind", ["updates", "edit", "typing"])
async def test_a_half_open_connection_is_given_up_and_the_call_made_again(world: World, kind: str) -> None:
    world.model.pause = 0.1
    world.platform.faults[kind].append(Fault.HALF_OPEN)
    async with world.running(poll=0.5, answer=0.5):
        await ask_all(world)
        await world.drained()
        assert not world.platform.faults[kind]
        (await world.findings()).check()


@pytest.mark.alone
@pytest.mark.parametrize("mode", [Mode.NONCE], indirect=True)
@pytest.mark.parametrize("fault", [Fault.HALF_OPEN, Fault.CUT_BEFORE_ACCEPT])
async def test_with_a_key_a_send_without_an_answer_is_made_again(world: World, fault: Fault) -> None:
    world.platform.faults["send"].append(fault)
    async with world.running(answer=0.5):
        await ask_all(world)
        await world.drained()
        (await world.findings()).check()


async def test_a_message_that_comes_three_times_is_answered_once(world: World) -> None:
    async with world.running():
        for chat in CHATS:
            await world.ask(chat, times=3)
        await world.drained()
        (await world.findings()).check()


async def test_a_message_that_comes_again_after_a_restart_is_answered_once(world: World) -> None:
    async with world.running() as bot:
        asked = await world.ask()
        await world.drained()
        bot.signal(signal.SIGTERM)
        assert await bot.wait() == 0
    async with world.running():
        await world.platform.receive("c1", asked, message_id=world.platform.updates[0].message_id)
        await world.ask()
        await world.drained()
        (await world.findings()).check()


async def test_updates_out_of_order_are_answered_in_order(world: World) -> None:
    await ask_all(world, rounds=5)
    world.platform.shuffle = random.Random(1)
    async with world.running():
        await world.drained()
        (await world.findings()).check()


async def test_a_live_answer_does_not_overtake_a_reply_that_waits(world: World) -> None:
    world.platform.retry_after = 1.5
    world.platform.faults["send"].append(Fault.TOO_MANY)
    async with world.running():
        await world.ask("c1")
        await world.platform.until(lambda platform: not platform.faults["send"], "the refusal")
        world.model.pause = 0.2
        await world.ask("c1")
        await world.drained()
        (await world.findings()).check()
