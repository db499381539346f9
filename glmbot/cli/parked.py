"""`glmbot parked`: what could not be handled or delivered, and trying it again by hand."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from glmbot.cli.options import ConfigOption, JsonOption
from glmbot.cli.stored import with_database
from glmbot.errors import ConfigError

if TYPE_CHECKING:
    from glmbot.storage.parked import Parked, ParkedMessage

T = TypeVar("T")

MAX_SHOWN = 60
parked_app = typer.Typer(help="Look at messages that were put aside, and try them again.", no_args_is_help=True)


@parked_app.command("list")
def list_(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show what was put aside, and why."""
    messages = _with_parked(config, lambda parked: parked.all())
    if as_json:
        typer.echo(json.dumps([asdict(message) for message in messages], ensure_ascii=False))
    else:
        typer.echo("\n".join(_line(message) for message in messages) or "nothing was put aside")


@parked_app.command()
def retry(
    kind: Annotated[str, typer.Argument(help='"question", "reply", or "all".')],
    number: Annotated[int | None, typer.Argument(help="Its number; without one, all of that kind.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have messages tried again; a running bot begins with it within seconds, else the next start does."""
    kinds = ["question", "reply"] if kind == "all" else [kind]
    if not {"question", "reply"}.issuperset(kinds) or (kind == "all" and number is not None):
        raise ConfigError('write "question NUMBER", "reply NUMBER", "question", "reply" or "all"')

    async def work(parked: "Parked") -> int:
        return sum([await parked.retry(one, number) for one in kinds])

    num_opened = _with_parked(config, work)
    if number is not None and not num_opened:
        raise ConfigError(f"no {kind} {number} was put aside; see `glmbot parked list`")
    typer.echo(json.dumps({"num_opened": num_opened}) if as_json else f"trying {num_opened} again")


def _with_parked(config: Path | None, work: "Callable[[Parked], Awaitable[T]]") -> T:
    from glmbot.storage.parked import Parked

    return with_database(config, lambda database: work(Parked(database)))


def _line(message: "ParkedMessage") -> str:
    text = " ".join(message.text.split())
    shown = text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"
    return f"{message.kind} {message.number}  {message.adapter}:{message.chat_id}  {shown}\n    {message.reason}"
