"""Benchmarks are programs too."""
