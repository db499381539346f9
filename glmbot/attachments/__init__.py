"""The text in files that came with messages."""
