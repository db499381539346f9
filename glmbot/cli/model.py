"""`glmbot model`: fetch, list, look at, check, convert and remove models."""

import json
from pathlib import Path
from typing import Annotated

import typer

from glmbot.checkpoints.catalogue import SourceName
from glmbot.cli.options import ConfigOption, JsonOption, read_settings

model_app = typer.Typer(help="Fetch models and look at them.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name of a model, or a checkpoint directory.")]


@model_app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A name of `glmbot model list`, or the owner/name of a repository.")],
    source: Annotated[SourceName, typer.Option(help="Where to fetch from.")] = SourceName.HUGGINGFACE,
    revision: Annotated[str | None, typer.Option(help="Branch, tag or commit.", show_default=False)] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch a model, or go on with one: resumed, verified, complete or not there."""
    from glmbot.cli.model_fetch import fetch_model

    fetched = fetch_model(_models_dir(config), name, source, revision)
    _say(as_json, fetched.as_json(), fetched.as_text())


@model_app.command("list")
def list_models(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show the models that are here, and those that have a short name."""
    from glmbot.checkpoints.store import Store
    from glmbot.cli.model_report import list_rows, list_text

    rows = list_rows(Store(_models_dir(config)))
    _say(as_json, rows, list_text(rows))


@model_app.command()
def info(
    name: NameArgument,
    conversations: Annotated[int, typer.Option(min=1, max=10_000, help="How many at the same time.")] = 1,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a model is, what it needs in memory, and which mode this machine has room for."""
    from glmbot.checkpoints.store import Store
    from glmbot.cli.model_report import describe, info_text

    facts = describe(name, Store(_models_dir(config)), conversations)
    _say(as_json, facts, info_text(facts))


@model_app.command()
def verify(name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check a model's files: checksums, headers, index. Ends with exit code 2 when one is damaged."""
    from glmbot.cli.model_change import verify_model

    report = verify_model(_models_dir(config), name)
    _say(as_json, report.as_json(), report.as_text())
    report.raise_if_damaged()


@model_app.command()
def convert(
    name: NameArgument,
    to: Annotated[str, typer.Option(help="fp32, fp16, bf16, int8 or int4.")],
    lora: Annotated[Path | None, typer.Option(help="LoRA adapter to merge.", show_default=False)] = None,
    output: Annotated[Path | None, typer.Option(help="New directory.", show_default=False)] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a model anew in safetensors: in another precision, or with a LoRA adapter merged."""
    from glmbot.cli.model_change import convert_model

    written = convert_model(_models_dir(config), name, to, lora, output)
    _say(as_json, written.as_json(), written.as_text())


@model_app.command()
def remove(
    name: Annotated[str, typer.Argument(help="Name of a fetched model.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a fetched model from this machine."""
    from glmbot.cli.model_change import remove_model

    removed = remove_model(_models_dir(config), name, is_sure=yes)
    _say(as_json, removed.as_json(), removed.as_text())


def _models_dir(config: Path | None) -> Path | None:
    return read_settings(config, log_level="WARNING").inference.models_dir


def _say(as_json: bool, value: object, text: str) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False) if as_json else text)
