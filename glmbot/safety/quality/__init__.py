"""Judges the quality of a model's answer while it is written."""
