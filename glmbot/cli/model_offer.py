"""Offers to fetch the configured model before the bot starts."""

import sys

from glmbot.adapters.terminal import terminal_language
from glmbot.checkpoints.catalogue import SourceName, known_model
from glmbot.checkpoints.store import Store
from glmbot.cli.model_fetch import fetch_model
from glmbot.errors import ConfigError
from glmbot.phrases import Phrase
from glmbot.serving.loading.model_directory import resolve
from glmbot.settings import InferenceSettings

YES = frozenset({"y", "yes", "是", "好"})


def offer_model(settings: InferenceSettings) -> None:
    """Make sure that the model to serve is here; on a terminal, offer to fetch it. Raises ConfigError."""
    if settings.url:
        return
    try:
        resolve(settings.model, Store(settings.models_dir))
    except ConfigError:
        if not _is_wanted(settings.model):
            raise
        report = fetch_model(settings.models_dir, settings.model, SourceName.HUGGINGFACE, None)
        sys.stderr.write(f"{report.as_text()}\n")


def _is_wanted(model: str) -> bool:
    """Ask whether to fetch a model; without a terminal, or for one that has no size to tell, the answer is no."""
    known = known_model(model)
    if known is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    language = terminal_language()
    licence = Phrase.FETCH_LICENCE.in_language(language, repo=known.huggingface, url=known.licence_url)
    offer = Phrase.FETCH_OFFER.in_language(language, name=known.name, size=known.size_gb, repo=known.huggingface)
    return ask(f"{licence}\n{offer}")


def ask(question: str) -> bool:
    """Ask on the terminal; anything but a clear yes is a no."""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in YES
