"""The parts of the safety benchmark: each scores one set of cases."""
