"""Plugins of others, each in a process of its own: what blocks, leaks or ends there never reaches the bot."""
