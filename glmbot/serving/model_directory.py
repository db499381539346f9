"""Finds the directory of a model."""

from importlib.resources import files
from pathlib import Path

from glmbot.errors import ConfigError

DEMO = "demo"


def resolve(model: str) -> Path:
    """Return the directory that `model` means: the bundled demo checkpoint, or a path. Raises ConfigError."""
    path = Path(str(files("glmbot") / "demo" / "checkpoint")) if model == DEMO else Path(model).expanduser()
    if not path.is_dir():
        raise ConfigError(_missing(model, path))
    if not (path / "config.json").is_file():
        raise ConfigError(
            f"model {model!r}: there is no config.json in {str(path)!r}; name the directory of a checkpoint"
        )
    return path


def name_of(model: str) -> str:
    """Return the name under which a model is served unless another is given."""
    return DEMO if model == DEMO else Path(model).expanduser().resolve().name


def _missing(model: str, path: Path) -> str:
    if model == DEMO:
        return f"the demo model is missing at {str(path)!r}; install glmbot again, or make it with `make demo-model`"
    if path.exists():
        return f"model {model!r} is a file; name the directory of a checkpoint"
    return f'model {model!r}: there is no such directory; name the directory of a checkpoint, or "demo"'
