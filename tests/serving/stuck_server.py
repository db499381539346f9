"""A server whose engine can be made to hang or fail by what it is asked: a program, as `glmbot serve` is one."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from glmbot.log import set_up_logging
from glmbot.serving.engine.engine import Engine
from glmbot.serving.engine.sequence import Decoder, Sampling
from glmbot.serving.loaded_model import LoadedModel
from glmbot.serving.server import ServeOptions, serve
from tests.serving.engine_fake import LetterText, ScriptedModel

STUCK_AFTER = 0.5


class FragileModel(ScriptedModel):
    """Hangs at `~`, and loses its device at `^`."""

    def decode(self, decoders: Sequence[Decoder], tokens: Sequence[int]) -> Tensor:
        logits = super().decode(decoders, tokens)
        if tokens[-1] == ord("~"):
            time.sleep(600)
        if tokens[-1] == ord("^"):
            raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered")
        return logits


def load(directory: Path, options: ServeOptions) -> LoadedModel:
    return LoadedModel(Engine(FragileModel(lambda prompt: prompt), 4), LetterText(), 64, Sampling())


if __name__ == "__main__":
    set_up_logging("INFO")
    port = int(sys.argv[-1])  # a later one counts, as on the command line
    serve(
        ServeOptions("demo", None, "127.0.0.1", port, None, "cpu", "auto", "auto", None, None, None, "fragile", False),
        load,
        STUCK_AFTER,
    )
