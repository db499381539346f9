"""The comparisons of `fidelity.py`, one kind a module."""
