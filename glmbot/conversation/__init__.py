"""A sender's stored context, and the prompt made from it."""
