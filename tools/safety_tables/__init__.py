"""Each table of the safety filter, made from its source."""
