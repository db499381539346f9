"""Two bots for one account: the second ends within seconds and says why."""

import time
from pathlib import Path

from tests.e2e.program import Ended, glmbot, running
from tests.fakes.discord import FakeDiscord
from tests.fakes.model import FakeModel
from tests.fakes.telegram import FakeTelegram

DEADLINE = 20.0
"""Seconds on a busy machine; on an idle one a second bot ends in less than 5, most of them its imports."""


def variables_of(platform: FakeTelegram | FakeDiscord, model: FakeModel, data: Path) -> dict[str, str]:
    name, key, url = (
        ("TELEGRAM", "BASE_URL", platform.base_url)
        if isinstance(platform, FakeTelegram)
        else ("DISCORD", "API_URL", platform.api_url)
    )
    return {
        f"GLMBOT_ADAPTERS__{name}__TOKEN": platform.token,
        f"GLMBOT_ADAPTERS__{name}__{key}": url,
        "GLMBOT_INFERENCE__URL": model.url,
        "GLMBOT_BOT__DATA_DIR": str(data),
    }


async def second(folder: Path, variables: dict[str, str]) -> Ended:
    """Run a second bot, which is to end by itself."""
    began = time.monotonic()
    ended = await glmbot(folder, "run", deadline=DEADLINE, **variables)
    print(f"ended after {time.monotonic() - began:.1f} s")
    assert ended.exit_code == 2
    assert "Traceback" not in ended.stderr
    return ended


async def test_on_this_machine_it_names_process_and_data_folder_of_the_first(tmp_path: Path, model: FakeModel) -> None:
    async with FakeTelegram() as telegram:
        async with running(tmp_path, "run", **variables_of(telegram, model, tmp_path / "one")) as first:
            await telegram.receive("hello")
            await telegram.sent(1)
            ended = await second(tmp_path, variables_of(telegram, model, tmp_path / "two"))
            await telegram.receive("still here")
            await telegram.until(lambda: telegram.visible()[-1] == "echo: still here", "the first goes on")
        assert f"process {first.pid}, data folder '{tmp_path / 'one'}'" in ended.stderr.splitlines()[-1]
        assert telegram.token not in ended.stderr
        # killed, the first leaves nothing behind that could shut out the next
        async with running(tmp_path, "run", **variables_of(telegram, model, tmp_path / "two")):
            await telegram.receive("again")
            await telegram.until(lambda: telegram.visible()[-1] == "echo: again", "the second takes over")


async def test_on_this_machine_it_is_refused_on_discord_too(tmp_path: Path, model: FakeModel) -> None:
    async with (
        FakeDiscord() as discord,
        running(tmp_path, "run", **variables_of(discord, model, tmp_path / "one")) as first,
    ):
        await discord.connected()
        ended = await second(tmp_path, variables_of(discord, model, tmp_path / "two"))
    assert f"process {first.pid}" in ended.stderr.splitlines()[-1]


async def test_on_another_machine_telegram_tells_it(tmp_path: Path, model: FakeModel) -> None:
    async with (
        FakeTelegram() as telegram,
        running(tmp_path, "run", **variables_of(telegram, model, tmp_path / "one")),
    ):
        await telegram.receive("hello")
        await telegram.sent(1)
        elsewhere = {"XDG_STATE_HOME": str(tmp_path / "elsewhere"), "HOME": str(tmp_path / "elsewhere")}
        ended = await second(tmp_path, variables_of(telegram, model, tmp_path / "two") | elsewhere)
        await telegram.receive("still here")
        await telegram.until(lambda: telegram.visible()[-1] == "echo: still here", "the first goes on")
    assert "another program polls with this token" in ended.stderr.splitlines()[-1]
