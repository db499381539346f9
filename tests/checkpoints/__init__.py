"""Tests of fetching, storing and looking at models."""
