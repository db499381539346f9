"""A program to call: it divides, prints besides, and ends when told to."""

import os

from engine_parts.wire import answer_calls


def divide(number: float, by: float) -> float:
    print("this is no answer")
    return number / by


if __name__ == "__main__":
    answer_calls({"divide": divide, "end": lambda: os._exit(3)})
