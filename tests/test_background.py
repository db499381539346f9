"""Work that accompanies other work."""

import asyncio
import logging

import pytest

from glmbot.background import in_background


async def test_an_error_of_the_body_comes_out_as_it_is() -> None:
    with pytest.raises(ValueError, match="mine"):
        async with in_background(asyncio.Event().wait, "waiting"):
            raise ValueError("mine")


async def test_an_error_of_the_work_is_logged_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    begun = asyncio.Event()

    async def fail() -> None:
        begun.set()
        raise RuntimeError("broken")

    with caplog.at_level(logging.ERROR):
        async with asyncio.timeout(20), in_background(fail, "typing sign") as background:
            await begun.wait()
            await background.wait()
    assert "typing sign failed" in caplog.text


async def test_what_is_over_soon_is_not_accompanied() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()

    async with in_background(work, "typing sign", after=0.01):
        pass
    await asyncio.sleep(0.02)  # longer than it would have taken to begin
    assert not begun.is_set()
