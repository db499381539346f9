"""The bot as a child process between a strict platform and a scripted model, killed, cut and starved."""
