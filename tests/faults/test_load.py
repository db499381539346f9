"""Far more messages than the bot can answer at once: memory stays bounded, order and fairness hold."""

from pathlib import Path

import pytest

from tests.faults.spec import Mode
from tests.faults.world import World

NUM_CHATS = 200
NUM_MESSAGES = 10_000
HOT = "c0"
NUM_HOT = 1000
MAX_GROWTH_BYTES = 200 << 20
SECONDS = 500.0


def resident_bytes(pid: int) -> int:
    """Return how much memory a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


@pytest.mark.alone
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.timeout(SECONDS + 60)
@pytest.mark.parametrize("mode", [Mode.NONCE], indirect=True)
async def test_ten_thousand_messages_at_once_are_drained_in_order_and_fairly(world: World) -> None:
    async with world.running(edit_interval=None) as bot:
        await world.ask(HOT)
        await world.drained()
        before = resident_bytes(bot.pid)
        for _ in range(NUM_HOT):
            await world.ask(HOT)
        for number in range(NUM_MESSAGES - NUM_HOT):
            await world.ask(f"c{number % (NUM_CHATS - 1) + 1}")
        await world.drained(SECONDS)
        growth = resident_bytes(bot.pid) - before
    (await world.findings()).check()
    assert growth <= MAX_GROWTH_BYTES
    last_hot = max(shown.number for shown in world.platform.shown.values() if shown.chat == HOT)
    first_of_others = {shown.chat: shown.number for shown in reversed(world.platform.shown.values())}
    assert len(first_of_others) == NUM_CHATS
    assert all(number < last_hot for chat, number in first_of_others.items() if chat != HOT)
