"""Tests of the rendering of text."""
