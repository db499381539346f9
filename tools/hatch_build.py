"""Puts plugins/ and migrations/ into the wheel; a checkout uses the folders themselves."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLED = {"plugins": "glmbot_plugins", "migrations": "glmbot_migrations"}


class BundleHook(BuildHookInterface):  # type: ignore[type-arg]  # untyped in hatchling
    """Adds the two folders to what a wheel holds."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run before the wheel is made; `version` is "editable" for a checkout."""
        if version == "standard":
            build_data["force_include"].update(BUNDLED)
