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
    async def fail() -> None:
        raise RuntimeError("broken")

    with caplog.at_level(logging.ERROR):
        async with in_background(fail, "typing sign") as task:
            await asyncio.wait({task})
    assert "typing sign failed" in caplog.text
