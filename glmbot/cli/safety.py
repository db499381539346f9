"""`glmbot safety`: what safety has decided, and why."""

import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from glmbot.cli.options import ConfigOption, JsonOption, read_settings
from glmbot.cli.stored import with_database
from glmbot.errors import ConfigError
from glmbot.plugin.durations import parse_duration
from glmbot.verdicts import Direction, Place

if TYPE_CHECKING:
    from glmbot.storage.moderation import Entry, Filter, ModerationLog

T = TypeVar("T")

safety_app = typer.Typer(help="Look at what safety decided.", no_args_is_help=True)
SenderOption = Annotated[
    str | None, typer.Option("--sender", help='Only of this sender, "adapter:sender id".', show_default=False)
]
RuleOption = Annotated[str | None, typer.Option("--rule", help="Only of this rule.", show_default=False)]
SinceOption = Annotated[
    str | None, typer.Option("--since", help='Only since "2h", "7d" or a date as in 2026-11-26.', show_default=False)
]


@safety_app.command()
def log(
    sender: SenderOption = None,
    rule: RuleOption = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many of the newest entries.")] = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the newest entries of the moderation log, the newest last."""
    wanted = _filter(sender, rule, since)
    entries = _with_log(config, lambda log: log.entries(wanted, limit))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in entries], ensure_ascii=False))
    else:
        typer.echo("\n".join(map(_line, entries)) or "the moderation log has no such entry")


@safety_app.command()
def explain(
    number: Annotated[int, typer.Argument(help="The entry's number in `glmbot safety log`.", metavar="ID")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say everything that is known of one entry."""

    async def work(log: "ModerationLog") -> "tuple[Entry | None, int]":
        entry = await log.entry(number)
        return entry, await log.same_digest(entry.digest) if entry and entry.digest else 0

    entry, num_same = _with_log(config, work)
    if entry is None:
        raise ConfigError(f"the moderation log has no entry {number}; see `glmbot safety log`")
    facts = asdict(entry) | {"num_same": num_same}
    typer.echo(json.dumps(facts, ensure_ascii=False) if as_json else _explained(entry, num_same))


@safety_app.command()
def stats(
    sender: SenderOption = None,
    rule: RuleOption = None,
    since: SinceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count the entries of each rule, the most frequent first."""
    wanted = _filter(sender, rule, since)
    counts = _with_log(config, lambda log: log.counts(wanted))
    if as_json:
        names = ("rule", "action", "direction", "num_entries")
        typer.echo(json.dumps([dict(zip(names, row, strict=True)) for row in counts], ensure_ascii=False))
    else:
        lines = [f"{number:>8}  {_printable(rule)}  {action} {direction}" for rule, action, direction, number in counts]
        typer.echo("\n".join(lines) or "the moderation log has no such entry")


@safety_app.command()
def export(
    sender: SenderOption = None,
    rule: RuleOption = None,
    since: SinceOption = None,
    config: ConfigOption = None,
) -> None:
    """Print the whole moderation log, one JSON object a line, the oldest first."""
    wanted = _filter(sender, rule, since)
    for entry in _with_log(config, lambda log: log.entries(wanted)):
        typer.echo(json.dumps(asdict(entry), ensure_ascii=False))


@safety_app.command()
def erase(
    sender: Annotated[str, typer.Argument(help='Whose entries: "adapter:sender id".', metavar="SENDER")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a sender's entries, reports, strikes and used quotas, as that sender may ask for; a ban or mute stays."""
    wanted = _filter(sender, None, None)
    num_deleted = _with_log(config, lambda log: log.erase(wanted.sender or ""))
    typer.echo(json.dumps({"num_deleted": num_deleted}) if as_json else f"{num_deleted} entries deleted")


@safety_app.command("test")
def try_text(
    text: Annotated[str, typer.Argument(help='What somebody might write; "-" reads it from the standard input.')],
    direction: Annotated[
        Direction, typer.Option("--direction", help="Whether it comes from a sender or goes to one.")
    ] = Direction.IN,
    place: Annotated[Place, typer.Option("--place", help="Which part of a message it is.")] = Place.TEXT,
    adapter: Annotated[str, typer.Option("--adapter", help="By which adapter it comes.")] = "",
    chat: Annotated[str, typer.Option("--chat", help='In which chat, "adapter:chat id".')] = "",
    roles: Annotated[list[str] | None, typer.Option("--role", help="A role of the sender.", show_default=False)] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what the policies make of a text. Plugins' checks are not asked; nothing is stored."""
    from glmbot.safety.live_policies import policies_of
    from glmbot.safety.rule import Scope

    policies = policies_of(read_settings(config, log_level="WARNING").safety)
    whole = sys.stdin.read() if text == "-" else text
    verdict = policies.check(whole, direction, place, Scope(adapter, chat, frozenset(roles or ())))
    if as_json:
        typer.echo(json.dumps(asdict(verdict), ensure_ascii=False))
        return
    for one in verdict.findings:
        typer.echo(f"{one.action:<9} {_printable(one.rule)}  ({one.category})  {_printable(one.excerpt)}")
    if verdict.is_blocked:
        typer.echo(f"blocked by {_printable(verdict.rule or '')}")
    else:
        typer.echo("let through" if verdict.text == whole else f"let through as: {_printable(verdict.text)}")


@safety_app.command()
def reload(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Read the policies, and say what they hold or what is wrong; a running bot takes changes up within two seconds."""
    from glmbot.safety.live_policies import policies_of

    began = time.monotonic()
    policies = policies_of(read_settings(config, log_level="WARNING").safety)
    num_terms = sum(len(rule.terms) for rule in policies.rules)
    facts = {"num_rules": len(policies.rules), "num_terms": num_terms, "seconds": round(time.monotonic() - began, 2)}
    if as_json:
        typer.echo(json.dumps(facts))
    else:
        typer.echo(f"{len(policies.rules)} rules, {num_terms} terms: they can be used; a running bot has them in 2 s")


def _filter(sender: str | None, rule: str | None, since: str | None) -> "Filter":
    from glmbot.storage.moderation import Filter

    if sender is not None and not all(sender.partition(":")):
        raise ConfigError(f'{sender!r} is no sender; write "adapter:sender id", as `glmbot safety log` shows it')
    return Filter(sender, rule, _moment(since) if since else None)


def _moment(text: str) -> float:
    """Return the time that a duration ago, or a date, means."""
    try:
        return time.time() - parse_duration(text).total_seconds()
    except (ValueError, OverflowError):
        pass
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{text!r} is no time; write it like 2h, 7d or 2026-11-26") from error


def _with_log(config: Path | None, work: "Callable[[ModerationLog], Awaitable[T]]") -> T:
    from glmbot.storage.moderation import ModerationLog

    return with_database(config, lambda database: work(ModerationLog(database)))


def _line(entry: "Entry") -> str:
    what = f"{entry.action:<9} {_printable(entry.rule)}"
    where = " ".join(part for part in (entry.direction, entry.place) if part)
    by = f"  by {_printable(entry.by)}" if entry.by else ""
    excerpt = f"  {_printable(entry.excerpt)}" if entry.excerpt else ""
    return f"{entry.entry_id:>6}  {_time(entry.at)}  {what}  {_printable(_who(entry))}  {where}{excerpt}{by}"


def _explained(entry: "Entry", num_same: int) -> str:
    facts = {
        "entry": entry.entry_id,
        "when": _time(entry.at),
        "rule": entry.rule,
        "category": entry.category,
        "action": entry.action,
        "found in": " ".join(part for part in (entry.direction, entry.place) if part),
        "sender": _who(entry),
        "chat": f"{entry.adapter}:{entry.chat_id}{f' ({entry.thread_id})' if entry.thread_id else ''}",
        "message": entry.message_id,
        "excerpt": entry.excerpt,
        "digest": entry.digest,
        "found": f"{num_same} times in the log, by the digest" if num_same else "",
        "by": entry.by or "",
    }
    return "\n".join(f"{name:<9} {_printable(str(value))}" for name, value in facts.items() if value != "")


def _who(entry: "Entry") -> str:
    return f"{entry.adapter}:{entry.sender_id}" if entry.sender_id else f"chat {entry.adapter}:{entry.chat_id}"


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment).strftime("%Y-%m-%d %H:%M:%S")


def _printable(text: str) -> str:
    """Return a text that cannot move the cursor or change the terminal: ids come from senders."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
