"""One module for each part of the safety filter: `score(directory)` returns its figures."""
