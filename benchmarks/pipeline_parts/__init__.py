"""The parts of `benchmarks/pipeline.py`."""
