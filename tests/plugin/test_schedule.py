"""When jobs run."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from glmbot.plugin.schedule import Daily, Every, SystemClock

BERLIN = ZoneInfo("Europe/Berlin")


def moment(text: str, zone: ZoneInfo = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def test_every_counts_from_the_last_run() -> None:
    assert Every(timedelta(minutes=5)).next_after(1000.0) == 1300.0


def test_an_interval_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="the interval must be longer than nothing"):
        Every(timedelta())


@pytest.mark.parametrize(
    ("now", "next_run"),
    [
        ("2026-05-01 07:59", "2026-05-01 08:00"),
        ("2026-05-01 08:00", "2026-05-02 08:00"),
        ("2026-12-31 23:00", "2027-01-01 08:00"),
        ("2026-03-28 09:00", "2026-03-29 08:00"),  # the clocks go forward in between
        ("2026-10-24 09:00", "2026-10-25 08:00"),  # and back
    ],
)
def test_daily_keeps_its_time_of_day(now: str, next_run: str) -> None:
    assert Daily(time(8, tzinfo=BERLIN)).next_after(moment(now)) == moment(next_run)


def test_daily_without_a_zone_means_the_machines() -> None:
    at = datetime.fromtimestamp(Daily(time(8, 30)).next_after(1_767_225_600.0))
    assert (at.hour, at.minute) == (8, 30)


async def test_the_system_clock_wakes_up_late_enough() -> None:
    clock = SystemClock()
    due = clock.now() + 0.01
    await clock.sleep_until(due)
    assert clock.now() >= due
    await clock.sleep_until(datetime(2000, 1, 1, tzinfo=UTC).timestamp())


async def test_a_sleep_ends_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interval must not take a day longer; whoever sleeps reckons anew."""
    monkeypatch.setattr("glmbot.plugin.schedule.MAX_SLEEP", 0.01)
    wall = 1_000_000.0
    monkeypatch.setattr("glmbot.plugin.schedule.time.time", lambda: wall)
    sleeping = asyncio.create_task(SystemClock().sleep_until(wall + 5))
    await asyncio.sleep(0.05)
    assert not sleeping.done()
    wall -= 86_400
    async with asyncio.timeout(20):
        assert not await sleeping


async def test_a_timeout_is_not_moved_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glmbot.plugin.schedule.time.time", lambda: 0.0)
    async with asyncio.timeout(20):
        await SystemClock().sleep(0.01)
