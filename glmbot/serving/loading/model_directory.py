"""Finds the directory of a model."""

from importlib.resources import files
from pathlib import Path

from glmbot.checkpoints.catalogue import known_model
from glmbot.checkpoints.store import PART, Store
from glmbot.errors import ConfigError

DEMO = "demo"


def resolve(model: str, store: Store) -> Path:
    """Return the directory that `model` means: the bundled demo checkpoint, a path, or a model in the store.

    A path that exists goes before a stored model of the same name. Raises ConfigError.
    """
    path = Path(str(files("glmbot") / "demo" / "checkpoint")) if model == DEMO else Path(model).expanduser()
    if not path.exists() and is_name(model):
        return _stored(model, store)
    if not path.is_dir():
        raise ConfigError(_missing(model, path))
    if path.name.endswith(PART):
        raise ConfigError(f"model {model!r} is only a part of a model; fetch it to its end with `glmbot model fetch`")
    if not (path / "config.json").is_file():
        raise ConfigError(
            f"model {model!r}: there is no config.json in {str(path)!r}; name the directory of a checkpoint"
        )
    return path


def name_of(model: str) -> str:
    """Return the name under which a model is served unless another is given."""
    return DEMO if model == DEMO else Path(model).expanduser().resolve().name


def is_name(model: str) -> bool:
    """Tell whether `model` can be the name of a stored model: a word, or `owner/name`."""
    return model != DEMO and model.count("/") <= 1 and not model.startswith(("/", ".", "~")) and not model.endswith("/")


def _stored(model: str, store: Store) -> Path:
    found = store.find(model)
    if found:
        return found.directory
    if known_model(model):
        raise ConfigError(f"model {model!r} is not fetched yet; run: glmbot model fetch {model}")
    remedy = f"or fetch it with: glmbot model fetch {model}" if "/" in model else "`glmbot model list` shows the names"
    raise ConfigError(
        f"model {model!r}: there is no such directory and no such model in {str(store.root)!r}; name the directory of "
        f'a checkpoint, or "demo"; {remedy}'
    )


def _missing(model: str, path: Path) -> str:
    if model == DEMO:
        return f"the demo model is missing at {str(path)!r}; install glmbot again, or make it with `make demo-model`"
    if path.exists():
        return f"model {model!r} is a file; name the directory of a checkpoint"
    return f'model {model!r}: there is no such directory; name the directory of a checkpoint, or "demo"'
