"""HTTP for addresses that came from outside: nothing of the bot's own network is ever opened."""
