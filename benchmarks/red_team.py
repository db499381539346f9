"""Attacks a whole bot with the default policies and a short word list, and tells what gets through.

python benchmarks/red_team.py [--json] [--ways NAME,NAME]

The attacks are in safety_parts/red_team.jsonl, in English and Chinese: each has an id, a way, its steps, and what must
not happen (safety_parts/red_team.py tells the form). They go one after the other through the door of a bot in this
process, with its real dispatcher, database and plugin processes, platforms in memory and a scripted model.

attacks, got_through   how many, and how many of them did what they must not
ways                   the same by way
ids                    of those that got through
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from safety_parts.red_team import attacks, counted
from safety_parts.red_team_bot import got_through


def main() -> None:
    """Read the command line, attack and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--ways", help="only the ways that begin with one of these")
    options = parser.parse_args()
    begin = tuple(options.ways.split(",")) if options.ways else ("",)
    wanted = [attack for attack in attacks() if attack.way.startswith(begin)]
    with tempfile.TemporaryDirectory() as folder:
        result = counted(wanted, asyncio.run(got_through(wanted, Path(folder))))
    print(json.dumps(result, ensure_ascii=False, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
