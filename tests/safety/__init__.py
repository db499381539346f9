"""Tests of the word filter."""
