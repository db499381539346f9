"""The parts of the safety benchmark."""
