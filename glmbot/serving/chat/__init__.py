"""How each model family writes a conversation, and what it means by its answers."""
