"""The command `glmbot`: one verb for each program."""

import sys

from glmbot.cli.commands import app
from glmbot.errors import ConfigError


def main() -> None:
    """Run a command; what the operator must mend is printed in one line, with exit code 2."""
    try:
        app()
    except ConfigError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
