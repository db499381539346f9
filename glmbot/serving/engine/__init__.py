"""Runs sequences through a model, several at once."""
