"""What `glmbot model list` and `glmbot model info` show."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from glmbot.checkpoints.catalogue import KNOWN, KnownModel, known_model
from glmbot.checkpoints.fits import Need, choose, needs
from glmbot.checkpoints.inspect import inspect
from glmbot.checkpoints.machine import Machine, this_machine
from glmbot.checkpoints.manifest import read_manifest
from glmbot.checkpoints.progress import size_text
from glmbot.checkpoints.shape import CONVERSATION_TOKENS, Shape, shape_of
from glmbot.checkpoints.store import Store, StoredModel
from glmbot.errors import ConfigError
from glmbot.serving.loading.model_directory import is_name, resolve

Facts = Mapping[str, Any]
"""Flat JSON on its way out; `modes` and nothing else is a list."""
_FP16_BYTES = 2


def list_rows(store: Store) -> list[dict[str, object]]:
    """Return the stored models, then what is unfinished, then what could be fetched."""
    stored = store.models()
    seen = {model.name for model in stored}
    unfinished = [name for name in store.unfinished() if name not in seen]
    others = [model for model in KNOWN if model.name not in {*seen, *unfinished}]
    return [
        *(_stored_row(model) for model in stored),
        *(_row(name, "unfinished", path=str(store.part(name))) for name in unfinished),
        *(_row(m.name, "available", repo=m.huggingface, size_bytes=round(m.size_gb * 1e9)) for m in others),
    ]


def list_text(rows: Sequence[Mapping[str, object]]) -> str:
    """Return the rows as a table."""
    return "\n".join(
        f"{row['name']!s:<22} {row['state']!s:<11} {_size(row['size_bytes']):>9}  {row['repo'] or row['path'] or ''}"
        for row in rows
    )


def describe(name: str, store: Store, num_conversations: int) -> Facts:
    """Return what there is to know of a model: a directory, a stored one, or a known one. Raises ConfigError."""
    known = known_model(name)
    if known and not Path(name).exists() and not store.find(name):
        return _facts_of_known(known, num_conversations)
    directory = resolve(name, store)
    checkpoint, manifest = inspect(directory), read_manifest(directory)
    shape = shape_of(checkpoint.config)
    num_params = checkpoint.num_params or (shape.num_params if shape else None)
    return {
        "name": name if is_name(name) else directory.name,
        "is_fetched": True,
        "path": str(directory),
        "source": manifest.source if manifest else None,
        "repo": manifest.repo if manifest else None,
        "revision": manifest.revision if manifest else None,
        "family": _family(directory),
        "precision": checkpoint.precision,
        "num_params": num_params,
        "file_bytes": checkpoint.file_bytes,
        **_fit_facts(shape, num_conversations),
    }


def info_text(facts: Facts) -> str:
    """Return the facts as lines for people."""
    lines = [
        f"{facts['name']}: {facts['family']}, {facts['precision']}" + ("" if facts["is_fetched"] else ", not fetched"),
        f"  from         {facts['repo'] or 'a directory'} {facts['revision'] or ''}".rstrip(),
        f"  directory    {facts['path'] or '-'}",
        f"  parameters   {_count(facts['num_params'])}",
        f"  files        {size_text(facts['file_bytes'])}",
    ]
    return "\n".join([*lines, *_fit_lines(facts)])


def _stored_row(model: StoredModel) -> dict[str, object]:
    manifest = model.manifest
    return _row(
        model.name,
        "fetched",
        repo=manifest.repo if manifest else None,
        source=manifest.source if manifest else None,
        revision=manifest.revision if manifest else None,
        size_bytes=manifest.size_bytes if manifest else None,
        path=str(model.directory),
    )


def _row(
    name: str,
    state: str,
    *,
    repo: str | None = None,
    source: str | None = None,
    revision: str | None = None,
    size_bytes: int | None = None,
    path: str | None = None,
) -> dict[str, object]:
    return {
        "name": name,
        "state": state,
        "source": source,
        "repo": repo,
        "revision": revision,
        "size_bytes": size_bytes,
        "path": path,
    }


def _facts_of_known(known: KnownModel, num_conversations: int) -> Facts:
    shape = shape_of(known.config)
    assert shape is not None
    bits = shape.stored_bits
    return {
        "name": known.name,
        "is_fetched": False,
        "path": None,
        "source": None,
        "repo": known.huggingface,
        "revision": None,
        "family": "native" if known.config["model_type"] != "chatglm" else known.name.partition("-")[0],
        "precision": f"int{bits}" if bits else {"bfloat16": "bf16"}.get(str(known.config["torch_dtype"]), "fp16"),
        "num_params": shape.num_params,
        "file_bytes": round(known.size_gb * 1e9),
        **_fit_facts(shape, num_conversations),
    }


def _family(directory: Path) -> str:
    """Return the family as the model server tells it; without the server's packages it is not known."""
    try:
        from glmbot.serving.models.family import family_of
    except ImportError:
        return "unknown (needs glmbot[local])"
    return family_of(directory).value


def _fit_facts(shape: Shape | None, num_conversations: int) -> dict[str, object]:
    machine = this_machine()
    gpu = machine.best_gpu
    facts: dict[str, object] = {
        "num_conversations": num_conversations,
        "conversation_tokens": CONVERSATION_TOKENS,
        "max_tokens": shape.max_tokens if shape else None,
        "fp16_kv_bytes_per_token": shape.kv_numbers(1) * _FP16_BYTES if shape else None,
        "free_memory_bytes": machine.free_memory,
        "gpu": gpu.name if gpu else None,
        "gpu_free_bytes": gpu.free_bytes if gpu else None,
    }
    if shape is None:
        unknown = "its configuration does not tell its sizes"
        return {**facts, "device": None, "mode": None, "reason": unknown, "modes": []}
    choice = choose(shape, machine, num_conversations)
    modes = [_need_facts(need) for need in _all_needs(shape, machine, num_conversations)]
    return {**facts, "device": choice.device, "mode": choice.mode, "reason": choice.reason, "modes": modes}


def _all_needs(shape: Shape, machine: Machine, num_conversations: int) -> list[Need]:
    on_cpu = needs(shape, "cpu", machine.free_memory, num_conversations)
    gpu = machine.best_gpu
    return [*on_cpu, *(needs(shape, "cuda", gpu.free_bytes, num_conversations) if gpu else [])]


def _need_facts(need: Need) -> dict[str, object]:
    return {
        "mode": need.mode,
        "device": need.device,
        "weight_bytes": need.weight_bytes,
        "conversation_bytes": need.conversation_bytes,
        "total_bytes": need.total_bytes,
        "fits": need.fits,
    }


def _fit_lines(facts: Facts) -> list[str]:
    head = f"  memory for {facts['num_conversations']} conversations of {facts['conversation_tokens']} tokens, about:"
    rows = [
        f"    {need['device']:<5} {need['mode']:<5} {size_text(need['total_bytes']):>9}  "
        f"(weights {size_text(need['weight_bytes'])}, each conversation {size_text(need['conversation_bytes'])})"
        f"{_mark(need['fits'])}"
        for need in facts["modes"]
    ]
    if facts["mode"]:
        return [head, *rows, f"  this machine {facts['mode']} on {facts['device']}: it {facts['reason']}"]
    return [head, *rows, f"  this machine does not hold it: {facts['reason']}"]


def _mark(fits: bool | None) -> str:
    return {True: "  fits", False: "  too much", None: ""}[fits]


def _size(value: object) -> str:
    return size_text(value) if isinstance(value, int) else "-"


def _count(value: int | None) -> str:
    if value is None:
        return "unknown"
    return f"{value / 1e9:.2f} billion" if value >= 1e7 else f"{value:,}"


def directory_of(name: str, store: Store) -> Path:
    """Return the directory of a model that is here, whole or not; unlike `resolve`, one without config.json, too."""
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    found = store.find(name) if is_name(name) else None
    if found is None:
        raise ConfigError(f"{name!r} is neither a directory nor a fetched model; `glmbot model list` shows the names")
    return found.directory
