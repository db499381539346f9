"""Markdown to every platform's own form: pure functions."""
