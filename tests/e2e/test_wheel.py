"""The wheel, unpacked far from any checkout, has all that the bot needs."""

import asyncio
import os
import platform
import sys
import zipfile
from pathlib import Path

import pytest

from tests.e2e.program import environment
from tests.fakes.model import FakeModel

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheel's content."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    ended = os.spawnv(os.P_WAIT, sys.executable, [*command, "--quiet"])
    assert ended == 0
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


async def run(folder: Path, site: Path, *arguments: str, stdin: str = "", **variables: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "glmbot",
        *arguments,
        cwd=folder,
        env=environment(folder, PYTHONPATH=str(site), **variables),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        stdout, _ = await process.communicate(stdin.encode())
    assert process.returncode == 0
    return stdout.decode()


async def test_the_bot_runs_from_the_wheel_with_its_migrations_and_plugins(
    tmp_path: Path, unpacked: Path, model: FakeModel
) -> None:
    said = await run(tmp_path, unpacked, "chat", stdin="hello\n/ping\n", GLMBOT_INFERENCE__URL=model.url)
    assert said == "echo: hello\npong\n"
    assert str(unpacked) in await run(tmp_path, unpacked, "plugin", "list", "--json")


def test_the_wheel_has_the_demo_model_and_no_tests(unpacked: Path) -> None:
    assert (unpacked / "glmbot" / "demo" / "checkpoint" / "model.safetensors").is_file()
    is_compiled = (platform.system(), platform.machine()) == ("Linux", "x86_64")
    assert (unpacked / "glmbot" / "serving" / "compiled" / "kernels.so").is_file() == is_compiled
    assert (unpacked / "glmbot_migrations" / "versions" / "0001_initial.py").is_file()
    assert not (unpacked / "tests").exists()
