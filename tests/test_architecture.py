"""What the architecture promises and no linter checks."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted([*(ROOT / "glmbot").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")])

BROAD_EXCEPTS = {
    "glmbot/adapters/conformance.py": "the kit starts an adapter that fails again, as the bot does",
    "glmbot/background.py": "what accompanies an answer never fails it",
    "glmbot/delivery/outbox_worker.py": "a delivery that fails is tried again",
    "glmbot/dispatch/admin.py": "a notice never harms anything else",
    "glmbot/dispatch/supervision.py": "an adapter that fails is started again",
    "glmbot/dispatch/worker.py": "an error becomes one polite reply",
    "glmbot/plugin/loader.py": "the processes of plugins are ended when the start fails",
    "glmbot/plugin/loading.py": "a plugin that fails to load is left out",
    "glmbot/plugin/process/peer.py": "what a plugin raises is told to the bot",
    "glmbot/plugin/process/plugin_process.py": "a process that cannot be used is ended",
    "glmbot/plugin/host.py": "a hook or job that fails is reported",
    "glmbot/storage/database.py": "an error in the database thread is told to the one who waits",
    "glmbot/serving/engine/engine.py": "a step that fails fails its own request only",
    "glmbot/serving/engine/thread.py": "an engine that fails ends the server, which is started again",
}

IS_ALONE = re.compile(r"^[^\"]*pytest\.mark\.alone", re.M)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_broad_excepts_stand_only_in_supervised_places() -> None:
    broad = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
    }
    assert broad <= set(BROAD_EXCEPTS)


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=name_of)
def test_package_markers_hold_no_code(path: Path) -> None:
    assert all(isinstance(node, ast.Expr) for node in parsed(path).body)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_it_holds(path: Path) -> None:
    assert ast.get_docstring(parsed(path))


def is_unsafe(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    keywords = {f"{keyword.arg}={ast.unparse(keyword.value)}" for keyword in call.keywords}
    return name in ("eval", "exec", "pickle.load", "pickle.loads") or bool(
        keywords & {"trust_remote_code=True", "weights_only=False"}
    )


def test_nothing_is_evaluated_unpickled_or_trusted() -> None:
    found = [
        (name_of(path), ast.unparse(node))
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and is_unsafe(node)
    ]
    assert found == []


@pytest.mark.parametrize(("plugin", "max_lines"), [("ping.py", 10), ("reminders.py", 60)])
def test_the_example_plugins_are_small(plugin: str, max_lines: int) -> None:
    assert len((ROOT / "plugins" / plugin).read_text(encoding="utf-8").splitlines()) <= max_lines


DOCUMENTS = [*sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    named = re.findall(r"`((?:tests|benchmarks|docs)/[\w/]+\.\w+)", document.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_tests_that_run_alone_stand_where_make_looks_for_them() -> None:
    marked = {name_of(path) for path in (ROOT / "tests").rglob("*.py") if IS_ALONE.search(path.read_text("utf-8"))}
    assert {name.rpartition("/")[0] for name in marked} == {"tests/faults"}
