"""What plugins keep: values by key, each plugin in a space of its own."""

import json

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, delete, func, literal, select

from glmbot.storage.column_types import CleanText
from glmbot.storage.database import Database
from glmbot.storage.tables import plugin_store
from glmbot.storage.upsert import insert


class PluginStore:
    """The key-value store of one plugin."""

    def __init__(self, database: Database, plugin: str) -> None:
        self._database = database
        self._plugin = plugin

    async def get(self, key: str) -> JsonValue:
        """Return a value, None where there is none."""
        value: JsonValue = await self._database.scalar(_VALUE, {"of": self._plugin, "name": key})
        return value

    async def set(self, key: str, value: JsonValue) -> None:
        """Store a value in the place of what was there. Raises TypeError when JSON has no form for it."""
        self._check(key, value)

        def work(connection: Connection) -> None:
            statement = insert(connection.dialect.name, plugin_store).values(plugin=self._plugin, key=key, value=value)
            changes = {"value": statement.excluded.value}
            connection.execute(statement.on_conflict_do_update(index_elements=["plugin", "key"], set_=changes))

        await self._database.run(work)

    async def delete(self, key: str) -> bool:
        """Remove a value; return whether there was one."""
        statement = delete(plugin_store).where(plugin_store.c.plugin == self._plugin, plugin_store.c.key == key)
        return await self._database.execute(statement) == 1

    async def items(self, prefix: str = "") -> list[tuple[str, JsonValue]]:
        """Return all keys that begin with `prefix`, in order, with their values."""
        begins = func.substr(plugin_store.c.key, 1, len(prefix)) == literal(prefix, CleanText)  # LIKE ignores case
        statement = (
            select(plugin_store.c.key, plugin_store.c.value)
            .where(plugin_store.c.plugin == self._plugin, begins)
            .order_by(plugin_store.c.key)
        )
        rows = await self._database.rows(statement)
        return [(row.key, row.value) for row in rows]

    def _check(self, key: str, value: JsonValue) -> None:
        try:
            json.dumps(value)
        except (TypeError, ValueError) as error:
            raise TypeError(f"plugin {self._plugin!r}: the value of {key!r} cannot be stored: {error}") from error


_VALUE = select(plugin_store.c.value).where(
    plugin_store.c.plugin == bindparam("of"), plugin_store.c.key == bindparam("name")
)
