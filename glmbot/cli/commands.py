"""Every command, its options and its help."""

import asyncio
import json
import os
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from glmbot import config_file
from glmbot.cli.database import database_app
from glmbot.cli.model import model_app
from glmbot.cli.options import ConfigOption, JsonOption, read_settings
from glmbot.cli.parked import parked_app
from glmbot.cli.safety import safety_app
from glmbot.errors import ConfigError
from glmbot.log import set_up_logging

app = typer.Typer(
    help="A chat bot with plugins and its own ChatGLM-6B model server.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
MODELS_DIR_VARIABLE = "GLMBOT_INFERENCE__MODELS_DIR"
"""The setting that the bot reads, too."""
plugin_app = typer.Typer(help="Look at plugins.", no_args_is_help=True)
config_app = typer.Typer(help="Look at the configuration.", no_args_is_help=True)
app.add_typer(plugin_app, name="plugin")
app.add_typer(config_app, name="config")
app.add_typer(model_app, name="model")
app.add_typer(database_app, name="db")
app.add_typer(parked_app, name="parked")
app.add_typer(safety_app, name="safety")


@app.command()
def run(config: ConfigOption = None) -> None:
    """Run the bot on its chat platforms."""
    from glmbot.cli.model_offer import offer_model
    from glmbot.cli.run import run_bot

    settings = read_settings(config)
    offer_model(settings.inference)
    asyncio.run(run_bot(settings, config))


@app.command()
def chat(config: ConfigOption = None) -> None:
    """Talk to the configured bot in this terminal; the conversation goes on where it ended."""
    from glmbot.cli.model_offer import offer_model
    from glmbot.cli.run import run_in_terminal

    settings = read_settings(config, log_level="WARNING")
    offer_model(settings.inference)
    asyncio.run(run_in_terminal(settings, chat_id="chat"))


@app.command()
def demo() -> None:
    """Talk to the bundled demo model in this terminal; needs no configuration."""
    from glmbot.cli.demo import run_demo

    asyncio.run(run_demo())


@app.command()
def serve(
    model: Annotated[str, typer.Option(help='"demo", name of a fetched model, or directory.')] = "demo",
    models_dir: Annotated[
        Path | None,
        typer.Option(envvar=MODELS_DIR_VARIABLE, help="Folder of fetched models.", show_default=False),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; beyond loopback a token is needed.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8000,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, fp16, bf16, int8 or int4.")] = "auto",
    kv_precision: Annotated[str, typer.Option(help="Of keys and values: auto, full, half or int8.")] = "auto",
    lora: Annotated[Path | None, typer.Option(help="LoRA adapter to merge.", show_default=False)] = None,
    prefix: Annotated[Path | None, typer.Option(help="P-tuning v2 prefix to use.", show_default=False)] = None,
    classifier: Annotated[
        Path | None, typer.Option(help="Directory of a text classifier for POST /classify.", show_default=False)
    ] = None,
    served_name: Annotated[
        str | None, typer.Option(help="Name of the model in the API; the directory's name by default.")
    ] = None,
    log_level: Annotated[str, typer.Option(help="Least severe log lines to show.")] = "INFO",
    until_stdin_closes: Annotated[
        bool, typer.Option("--until-stdin-closes", help="End with the program that started this one.")
    ] = False,
) -> None:
    """Serve a model over the OpenAI API. The bearer token comes from GLMBOT_SERVE_TOKEN."""
    try:
        from glmbot.serving.server import ServeOptions
        from glmbot.serving.server import serve as serve_model
    except ImportError as error:
        raise ConfigError(f"serving a model needs {error.name!r}; run: pip install 'glmbot[local]'") from error

    set_up_logging(log_level)
    token = os.environ.get("GLMBOT_SERVE_TOKEN")
    serve_model(
        ServeOptions(
            model=model,
            models_dir=models_dir,
            host=host,
            port=port,
            token=SecretStr(token) if token else None,
            device=device,
            precision=precision,
            kv_precision=kv_precision,
            lora=lora,
            prefix=prefix,
            classifier=classifier,
            served_name=served_name,
            exit_when_stdin_closes=until_stdin_closes,
        )
    )


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(installed_version("glmbot"))


@plugin_app.command("list")
def plugin_list(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show which plugins loaded, which did not, and why."""
    from glmbot.plugin.loader import find_plugins, format_reports, reports_as_json

    reports = asyncio.run(find_plugins(read_settings(config).plugins))
    typer.echo(json.dumps(reports_as_json(reports), ensure_ascii=False) if as_json else format_reports(reports))


@config_app.command("example")
def config_example() -> None:
    """Print every setting with its default and what it does."""
    typer.echo(config_file.example(), nl=False)


@config_app.command("check")
def config_check(config: ConfigOption = None) -> None:
    """Read the configuration and say whether it is in order."""
    read_settings(config)
    typer.echo("the configuration is in order")
