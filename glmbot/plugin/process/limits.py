"""How long a plugin process may be silent, how much memory it may take, and how often it may fail."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Times are in seconds."""

    load_deadline: float = 10.0
    """For the start of the process and the plugin's import."""
    ping_interval: float = 1.0
    """Between two looks at the process."""
    max_silent: int = 5
    """Looks in a row at which it has not answered the ping of the one before; then it blocks.

    Counting looks and not time: when the bot itself was suspended, nobody was silent.
    """
    max_memory_mb: int = 512
    """Resident memory, in 2^20 bytes."""
    max_strikes: int = 3
    """Strikes after which the plugin is switched off."""
    strike_lifetime: float = 24 * 3600.0
    """For how long a strike counts: what happens once a month is no reason to switch off."""
    back_off: float = 1.0
    """Before the first new start; each further one waits twice as long."""
