"""Model checkpoints as files: fetched, stored, looked at, removed; without torch."""
