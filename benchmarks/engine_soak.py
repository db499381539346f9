"""Lets a crowd talk to a real model server for a long time, with the official client, and watches the server.

python benchmarks/engine_soak.py [--seconds 600] [--clients 32] [--seed 1] [--json]

`glmbot serve` runs the demo model. Each client asks one question after another: short and long, with and without
earlier turns, streamed and not, for answers of 1 to 160 tokens; every fifth is left early, before its first piece or
after a few. Exit code 1 unless `is_ok`: no request took more than 60 seconds, every answer was complete, the server's
memory was flat after the warm-up, and at the end it is idle, healthy, and has no more handles than before.

incomplete     answers without a finish reason, without [DONE], or with other counts of tokens than they say
refused        requests that got a 429: no fault, but the crowd is meant to fit
growth_mb      memory that a straight line through the samples after the warm-up gains; flat is below 3 %
"""

import argparse
import asyncio
import json
import signal
import sys

from engine_parts.serving import running_server
from engine_parts.soak import Soak, soak

WARM_UP = 0.2
"""The share of the time that memory may grow in: caches fill, and threads get their stacks."""


def main() -> None:
    """Read the command line, soak and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends the server
    with running_server("demo") as (url, pid):
        came: Soak = asyncio.run(soak(url, pid, options.clients, options.seconds, options.seed))
    result = came.as_json(WARM_UP)
    print(json.dumps(result) if options.json else "\n".join(f"{name:20} {value}" for name, value in result.items()))
    sys.exit(0 if result["is_ok"] else 1)


if __name__ == "__main__":
    main()
