"""The parts of benchmarks/delivery.py: what is expected of an answer, and how each platform reads it."""
