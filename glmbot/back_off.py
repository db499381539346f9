"""How long to wait before something that failed is tried again."""

import random

MAX_DOUBLINGS = 30


def wait_after(num_failures: int, first: float, longest: float) -> float:
    """Return the seconds after so many failures in a row: `first`, doubled with each further one, at most `longest`.

    They are spread, so that many bots do not return to a platform as one.
    """
    wait = min(longest, first * 2.0 ** min(num_failures - 1, MAX_DOUBLINGS))
    return wait * random.uniform(0.5, 1.0)  # noqa: S311  jitter, not a secret
