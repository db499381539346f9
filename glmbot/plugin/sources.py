"""Where plugins come from: files and packages in a folder, and entry points of installed packages."""

import importlib.util
import re
import sys
import traceback
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Protocol

from glmbot.errors import ConfigError

GROUP = "glmbot.plugins"
"""Name of the entry points by which packages bring plugins."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plugin is, in words that another process understands: a path, or an entry point's name and value."""

    path: str = ""
    name: str = ""
    value: str = ""


class PluginSource(Protocol):
    """A plugin that was found and may be loaded."""

    name: str
    """What it is called before it is loaded: its file, folder or entry point."""
    where: str
    """Where it is, for reports."""
    root: str
    """Top-level name of its modules."""
    place: Place
    """What makes the same source in another process."""

    def load(self) -> object:
        """Run its code and return its `plugin` object, None without one. Raises whatever the code raises."""

    def forget(self) -> None:
        """Take out of the interpreter what `load` put there."""


class FileSource:
    """A file, or a folder with `__init__.py`; its modules get a name that no others have."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self.where = str(path)
        self.root = f"glmbot_plugin_{re.sub(r'[^0-9A-Za-z_]', '_', self.name)}_{zlib.crc32(self.where.encode()):08x}"
        self.place = Place(path=self.where)
        self._path = path

    def load(self) -> object:
        """Run the file and return its `plugin` object, None without one."""
        self.forget()  # another bot in this process may have loaded it
        is_folder = self._path.is_dir()
        spec = importlib.util.spec_from_file_location(
            self.root,
            self._path / "__init__.py" if is_folder else self._path,
            submodule_search_locations=[self.where] if is_folder else None,
        )
        assert spec
        assert spec.loader
        module = sys.modules[self.root] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return getattr(module, "plugin", None)

    def forget(self) -> None:
        """Take the module and its submodules out of the interpreter."""
        for name in _modules_of(self.root):
            del sys.modules[name]


class EntryPointSource:
    """An entry point of an installed package: a module with a `plugin` object, or that object itself."""

    def __init__(self, entry_point: EntryPoint) -> None:
        package = entry_point.dist.name if entry_point.dist else "installed package"
        self.name = entry_point.name
        self.where = f"{package} ({entry_point.value})"
        self.root = entry_point.module.partition(".")[0]
        self.place = Place(name=entry_point.name, value=entry_point.value)
        self._entry_point = entry_point
        self._earlier = frozenset(_modules_of(self.root))

    def load(self) -> object:
        """Import the module and return its `plugin` object, None without one."""
        found = self._entry_point.load()
        return getattr(found, "plugin", None) if isinstance(found, ModuleType) else found

    def forget(self) -> None:
        """Take out of the interpreter what was imported of the package for this plugin."""
        for name in _modules_of(self.root):
            if name not in self._earlier:
                del sys.modules[name]


def source_at(place: Place) -> PluginSource:
    """Return the source that is at a place."""
    if place.path:
        return FileSource(Path(place.path))
    return EntryPointSource(EntryPoint(place.name, place.value, GROUP))


def builtin_folder() -> Path:
    """Return the folder of our own plugins: glmbot_plugins beside an installed package, plugins in a checkout."""
    beside = Path(__file__).parents[2]
    installed = beside / "glmbot_plugins"
    return installed if installed.is_dir() else beside / "plugins"


def folder_sources(folder: Path) -> list[PluginSource]:
    """Find the plugins of a folder that need not exist; names that begin with "_" or "." are none."""
    if not folder.exists():
        return []
    try:
        return [FileSource(path) for path in sorted(folder.resolve().iterdir()) if _is_plugin(path)]
    except OSError as error:
        raise ConfigError(
            f"plugins.folder {str(folder)!r} cannot be read: {error.strerror}; it must be a folder, or not exist"
        ) from error


def entry_point_sources() -> list[PluginSource]:
    """Find the plugins of installed packages."""
    return [EntryPointSource(one) for one in sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value))]


def explain(error: BaseException, source: PluginSource) -> str:
    """Return what an error of `load` means, and the line of the plugin that it came from."""
    lines = [
        f" ({Path(frame.f_code.co_filename).name}, line {line})"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__", "").partition(".")[0] == source.root
    ]
    return _meaning(error) + (lines[-1] if lines else "")


def _meaning(error: BaseException) -> str:
    match error:
        case SyntaxError():  # its text names file and line
            return f"{type(error).__name__}: {error}"
        case ModuleNotFoundError(name=str(name)):
            return f"it needs the Python package {name!r}, which is not installed here"
        case SystemExit():
            return "it ended the program while it was loaded (sys.exit)"
        case _:
            return f"{type(error).__name__}: {error}"


def _is_plugin(path: Path) -> bool:
    if path.name.startswith(("_", ".")):
        return False
    return any(path.glob("*.py")) if path.is_dir() else path.suffix == ".py"


def _modules_of(root: str) -> Iterator[str]:
    return (name for name in list(sys.modules) if name.partition(".")[0] == root)
