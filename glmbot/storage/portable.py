"""A whole database as one file that any kind of database can read: one JSON object a line.

The first line says what it is, each following one is a row, and the last counts the rows and holds a checksum of
everything before it, so that a file that was cut or changed is never taken for a whole one.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Integer, MetaData, Table, func, insert, select, text

from glmbot.durable import sync_names
from glmbot.errors import ConfigError

FORMAT = "glmbot-export"
VERSION = 1
BATCH = 500
MAX_LINE_BYTES = 64 * 1024 * 1024
VERSION_TABLE = "alembic_version"


@dataclass(frozen=True, slots=True)
class Summary:
    """What an export holds: the schema's revision, and how many rows of each table that has any."""

    schema: str
    num_rows: dict[str, int]


def write_export(connection: Connection, target: Path) -> Summary:
    """Write all rows that `connection` sees into a new file, durably. Raises ConfigError where the file cannot be."""
    unfinished = target.with_name(f"{target.name}.part")
    try:
        with unfinished.open("wb") as file:
            summary = _write(connection, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
        sync_names(target.parent)
    except OSError as error:
        raise ConfigError(f"{str(target)!r} cannot be written: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return summary


def read_summary(source: Path) -> Summary:
    """Read an export to its end and return what it holds. Raises ConfigError where it is none, or not whole."""
    with _open(source) as file:
        lines = _lines(file, source)
        head = next(lines)
        num_rows: dict[str, int] = {}
        for line in lines:
            num_rows[line["table"]] = num_rows.get(line["table"], 0) + 1
    return Summary(head["schema"], num_rows)


def insert_rows(connection: Connection, source: Path) -> None:
    """Insert all rows of an export that `read_summary` found whole; the schema must be that of the export."""
    tables = _tables(connection)
    waiting: list[dict[str, Any]] = []
    last = ""
    with _open(source) as file:
        lines = _lines(file, source)
        next(lines)
        for line in lines:
            if waiting and (line["table"] != last or len(waiting) == BATCH):
                _insert(connection, tables, last, waiting, source)
                waiting = []
            last = line["table"]
            waiting.append(line["row"])
    if waiting:
        _insert(connection, tables, last, waiting, source)
    if connection.dialect.name == "postgresql":
        _go_on_counting(connection, tables)


def delete_rows(connection: Connection) -> None:
    """Delete every row of every table."""
    for table in reversed(list(_tables(connection).values())):
        connection.execute(table.delete())


def num_rows(connection: Connection) -> dict[str, int]:
    """Count the rows of every table."""
    return {
        name: int(connection.scalar(select(func.count()).select_from(table)) or 0)
        for name, table in _tables(connection).items()
    }


def read_all(connection: Connection) -> None:
    """Read every row, which fails where the database cannot give one."""
    for table in _tables(connection).values():
        for _ in connection.execution_options(yield_per=BATCH).execute(select(table)):
            pass


def _tables(connection: Connection) -> dict[str, Table]:
    """Return the tables as they are in the database, those that others refer to first."""
    metadata = MetaData()
    metadata.reflect(connection)
    return {table.name: table for table in metadata.sorted_tables if table.name != VERSION_TABLE}


def _write(connection: Connection, file: IO[bytes]) -> Summary:
    digest = hashlib.sha256()

    def put(line: dict[str, Any]) -> None:
        data = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        digest.update(data)
        file.write(data)

    schema = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one()  # noqa: S608  our own name
    put({"format": FORMAT, "version": VERSION, "schema": schema})
    counts = {}
    for name, table in _tables(connection).items():
        rows = connection.execution_options(yield_per=BATCH).execute(select(table).order_by(*table.primary_key))
        counts[name] = 0
        for row in rows.mappings():
            put({"table": name, "row": dict(row)})
            counts[name] += 1
    end = {"rows": sum(counts.values()), "sha256": digest.hexdigest()}
    file.write(json.dumps(end).encode() + b"\n")
    return Summary(schema, {name: count for name, count in counts.items() if count})


def _open(source: Path) -> IO[bytes]:
    try:
        return source.open("rb")
    except OSError as error:
        raise ConfigError(f"{str(source)!r} cannot be read: {error.strerror}") from error


def _lines(file: IO[bytes], source: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines but the last; raise ConfigError when the file is no export, of a newer form, or not whole."""
    digest, count = hashlib.sha256(), -1
    previous = None
    while data := file.readline(MAX_LINE_BYTES):
        line = _parse(data, source)
        if previous is None and line.get("format") != FORMAT:
            raise _not_ours(source)
        if previous is None and line.get("version") != VERSION:
            raise ConfigError(f"{str(source)!r} was written by a newer glmbot; install that version")
        if "sha256" in line:
            if line != {"rows": count, "sha256": digest.hexdigest()} or file.read(1):
                break
            return
        if previous is not None and not (isinstance(line.get("table"), str) and isinstance(line.get("row"), dict)):
            break
        digest.update(data)
        count += 1
        previous = line
        yield line
    if previous is None:
        raise _not_ours(source)
    raise ConfigError(f"{str(source)!r} is not whole: it was cut or changed; take another copy of it")


def _parse(data: bytes, source: Path) -> dict[str, Any]:
    try:
        line = json.loads(data)
    except ValueError:
        line = None
    if not isinstance(line, dict):
        raise ConfigError(f"{str(source)!r} is not whole, or no file of `glmbot db export`; take another copy of it")
    return line


def _not_ours(source: Path) -> ConfigError:
    return ConfigError(f"{str(source)!r} is no file of `glmbot db export`")


def _insert(
    connection: Connection, tables: dict[str, Table], name: str, rows: list[dict[str, Any]], source: Path
) -> None:
    table = tables.get(name)
    if table is None or any(set(row) != set(table.columns.keys()) for row in rows):
        raise ConfigError(f"{str(source)!r} has rows of {name!r} that do not fit its schema; take another copy")
    connection.execute(insert(table), rows)


def _go_on_counting(connection: Connection, tables: dict[str, Table]) -> None:
    """Have PostgreSQL give new rows numbers behind those that came in with theirs."""
    for name, table in tables.items():
        column, *others = table.primary_key.columns
        if not others and isinstance(column.type, Integer):
            newest = func.coalesce(select(func.max(column)).scalar_subquery(), 0) + 1
            connection.execute(select(func.setval(func.pg_get_serial_sequence(name, column.name), newest, False)))
