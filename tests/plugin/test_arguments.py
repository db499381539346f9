"""What senders write behind a command, and what its function gets."""

from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import pytest

from glmbot.api import Context, Rest
from glmbot.errors import UserError
from glmbot.events import Language
from glmbot.plugin.arguments import parameters_of, parse_arguments, parse_groups, usage_of
from glmbot.plugin.durations import format_duration, parse_duration


async def word(ctx: Context, value: str) -> None: ...
async def whole(ctx: Context, value: int) -> None: ...
async def number(ctx: Context, value: float) -> None: ...
async def truth(ctx: Context, value: bool) -> None: ...
async def duration(ctx: Context, value: timedelta) -> None: ...
async def rest(ctx: Context, value: Rest) -> None: ...
async def choice(ctx: Context, value: Literal["on", "Off"]) -> None: ...
async def optional(ctx: Context, value: int | None = None) -> None: ...
async def remind(ctx: Context, after: timedelta, text: Rest) -> None: ...
async def roll(ctx: Context, sides: int = 6, *, times: int = 1) -> None: ...


def parse(function: Callable[..., object], text: str, language: Language = Language.ENGLISH) -> dict[str, object]:
    parameters = parameters_of(function)
    return parse_arguments(parameters, text, usage_of("do", parameters), language)


@pytest.mark.parametrize(
    ("function", "text", "value"),
    [
        (word, "hello", "hello"),
        (word, "  你好 ", "你好"),
        (whole, "-12", -12),
        (number, "2.5", 2.5),
        (truth, "YES", True),
        (truth, "关", False),
        (duration, "90s", timedelta(seconds=90)),
        (duration, "2 days", timedelta(days=2)),
        (rest, "all  of\nit ", "all  of\nit"),
        (choice, "off", "Off"),
        (optional, "3", 3),
    ],
)
def test_each_type_is_read(function: Callable[..., object], text: str, value: object) -> None:
    assert parse(function, text) == {"value": value}


@pytest.mark.parametrize(
    ("function", "text", "wanted"),
    [
        (word, "", "`value` is missing."),
        (word, "one two", "There is more text than I can use."),
        (whole, "1.5", "`value` must be a whole number."),
        (whole, "9" * 5000, "`value` must be a whole number."),
        (number, "nan", "`value` must be a number."),
        (number, "1e999", "`value` must be a number."),
        (truth, "maybe", "`value` must be yes or no."),
        (duration, "10", "`value` must be a time such as 10m, 1h30m or 2 days."),
        (duration, "999999999w", "`value` must be a time such as 10m, 1h30m or 2 days."),
        (rest, "  ", "`value` is missing."),
        (choice, "up", "`value` must be one of on, Off."),
        (optional, "x", "`value` must be a whole number."),
    ],
)
def test_each_type_says_what_it_wants(function: Callable[..., object], text: str, wanted: str) -> None:
    with pytest.raises(UserError) as told:
        parse(function, text)
    assert str(told.value).startswith(f"{wanted} Usage: `/do ")


@pytest.mark.parametrize(
    ("function", "text", "wanted"),
    [
        (word, "", "缺少 `value`。用法：`/do <value>`"),
        (whole, "十", "`value` 应为整数。用法：`/do <value>`"),
        (choice, "x", "`value` 应为on、Off 之一。用法：`/do <on|Off>`"),
        (optional, "1 2", "后面的内容是多余的。用法：`/do [value]`"),
    ],
)
def test_wrong_arguments_are_told_in_chinese(function: Callable[..., object], text: str, wanted: str) -> None:
    with pytest.raises(UserError) as told:
        parse(function, text, Language.CHINESE)
    assert str(told.value) == wanted


def test_arguments_follow_each_other() -> None:
    assert parse(remind, "10m 5 days of rain") == {"after": timedelta(minutes=10), "text": "5 days of rain"}
    assert isinstance(parse(remind, "1s x")["text"], Rest)


@pytest.mark.parametrize(("text", "values"), [("", {}), ("20", {"sides": 20}), ("20 3", {"sides": 20, "times": 3})])
def test_what_is_left_out_keeps_its_default(text: str, values: dict[str, object]) -> None:
    assert parse(roll, text) == values


@pytest.mark.parametrize(
    ("function", "usage"),
    [
        (remind, "/do <after> <text…>"),
        (choice, "/do <on|Off>"),
        (roll, "/do [sides] [times]"),
        (optional, "/do [value]"),
    ],
)
def test_the_usage_shows_what_is_needed_and_what_is_optional(function: Callable[..., object], usage: str) -> None:
    assert usage_of("do", parameters_of(function)) == usage


async def nothing() -> None: ...
async def untyped(ctx: Context, value) -> None: ...  # type: ignore[no-untyped-def]
async def strange(ctx: Context, value: dict[str, int]) -> None: ...
async def many(ctx: Context, *values: str) -> None: ...
async def early_rest(ctx: Context, text: Rest, number: int) -> None: ...


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (nothing, r"nothing\(\) takes nothing; its first parameter must be the context"),
        (untyped, r"untyped\(\): parameter 'value' has no type; use str, int"),
        (strange, r"parameter 'value' is of type dict\[str, int\], which no message can hold; use str"),
        (many, r"many\(\): 'values' cannot be filled; use plain parameters"),
        (early_rest, r"early_rest\(\): 'text' is a Rest and takes all that follows; it must stand last"),
    ],
)
def test_a_signature_that_cannot_be_filled_is_named(function: Callable[..., object], reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        parameters_of(function)


def test_groups_are_read_by_type_and_may_be_absent() -> None:
    parameters = parameters_of(roll)
    assert parse_groups(parameters, {"sides": "20", "times": None}, Language.ENGLISH) == {"sides": 20}
    with pytest.raises(UserError, match=r"^`sides` must be a whole number\.$"):
        parse_groups(parameters, {"sides": "x", "times": None}, Language.ENGLISH)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10m", 600),
        ("1h30m", 5400),
        ("90s", 90),
        ("1.5 hours", 5400),
        ("1 Day", 86400),
        ("2w", 1209600),
        ("10分钟", 600),
        ("1小时30分", 5400),
        ("半", None),
        ("m", None),
        ("10monkeys", None),
        ("-5m", None),
        ("", None),
    ],
)
def test_durations_as_people_write_them(text: str, seconds: float | None) -> None:
    if seconds is None:
        with pytest.raises(ValueError, match="is not a duration; write it like 10m"):
            parse_duration(text)
    else:
        assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize(
    ("duration", "text"),
    [(0, "0s"), (-5, "0s"), (59.9, "59s"), (5400, "1h30m"), (3601, "1h"), (timedelta(days=2), "2d"), (90061, "1d1h")],
)
def test_durations_are_shown_in_two_units(duration: timedelta | float, text: str) -> None:
    assert format_duration(duration) == text
