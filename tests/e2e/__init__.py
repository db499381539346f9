"""Tests of whole programs: the real commands as child processes."""
