"""The program that reads one hostile file: within bounds of memory and time, without files or secrets of the bot.

On its input are a line of JSON, which says what to do, and the file; on its output is one JSON value.
"""

import json
import os
import resource
import sys
from typing import Any

MAX_OPEN_FILES = 64
NICENESS = 10


def main() -> None:
    """Read the file and write what comes of it; what is not foreseen ends the process with an error."""
    order = json.loads(sys.stdin.buffer.readline())
    _bound(order["memory"], order["seconds"])
    sys.path[:] = order["path"]
    data = sys.stdin.buffer.read()
    json.dump(_read(order["kind"], data), sys.stdout)


def _bound(memory: int, seconds: int) -> None:
    os.nice(NICENESS)
    for what, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
    ):
        _, most = resource.getrlimit(what)
        lower = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(what, (lower, lower))


def _read(kind: str, data: bytes) -> dict[str, Any]:
    from glmbot.attachments.extracted import Problem, Unreadable

    try:
        found = _reader_of(kind)(data)
    except Unreadable as error:
        return {"problem": error.problem}
    except ImportError:
        return {"problem": Problem.NEEDS_EXTRA}
    except (MemoryError, RecursionError):
        return {"problem": Problem.TOO_COMPLEX}
    return {"text": found.text, "is_cut": found.is_cut}


def _reader_of(kind: str) -> Any:
    """Return what reads files of a kind. Raises ImportError where its library is missing."""
    if kind == "pdf":
        from glmbot.attachments.pdf import pdf_text

        return pdf_text
    from glmbot.attachments.docx import docx_text

    return docx_text


if __name__ == "__main__":
    main()
