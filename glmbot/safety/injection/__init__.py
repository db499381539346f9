"""Finds prompt injection by its intents, without a model."""
