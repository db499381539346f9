"""Makes the demo model: vocabulary, corpus and weights, seeded, in about 85 minutes on two AVX2 cores.

python -m glmbot.demo.train [--directory DIRECTORY] [--workers N]
"""

import argparse
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch
import torch.distributed
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn
from torch.nn.functional import cross_entropy

from glmbot.demo.batches import Batch, read_batches
from glmbot.demo.cases import held_out_phrases, read_cases
from glmbot.demo.corpus import Corpus, Dialogue, contains_held_out
from glmbot.demo.recipe import PieceEncoder, Recipe, Stage, configure, even_out, initialise, make_optimiser, rate_factor
from glmbot.demo.vocabulary import train_vocabulary
from glmbot.demo.writing import CHECKPOINT, VOCABULARY, write_checkpoint
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration

logger = logging.getLogger(__name__)

_LOG_STEPS = 100
# Where the processor does not multiply bfloat16 itself, torch is 12 times slower with it (AMD Zen 3, 2026-11-25).
_HAS_BFLOAT16 = any(torch.cpu.get_capabilities().get(name) for name in ("amx_bf16", "avx512_bf16"))
_LOG_FORMAT = "%(asctime)s %(message)s"


def train(directory: Path, recipe: Recipe) -> None:
    """Train the demo model and write its checkpoint to the directory.

    Each worker has one thread and its own dialogues; their gradients are averaged. Two of them on two cores do half
    as much again as one with two threads, since matrices this small do not split well.
    """
    directory.mkdir(parents=True, exist_ok=True)
    train_vocabulary(directory / VOCABULARY, recipe.seed, held_out_phrases(read_cases()))
    rendezvous = (directory / "workers").absolute()
    rendezvous.unlink(missing_ok=True)
    spawn(_work, (rendezvous, directory, recipe), nprocs=recipe.num_workers)  # type: ignore[no-untyped-call]
    rendezvous.unlink(missing_ok=True)


def _work(rank: int, rendezvous: Path, directory: Path, recipe: Recipe) -> None:
    logging.basicConfig(level=logging.INFO, format=_LOG_FORMAT)
    torch.distributed.init_process_group(
        "gloo", init_method=rendezvous.as_uri(), rank=rank, world_size=recipe.num_workers
    )
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    encoder = PieceEncoder(directory / VOCABULARY)
    model = ChatGLMForConditionalGeneration(configure(encoder))
    initialise(model)
    if rank == 0:
        logger.info("%d parameters; %s", sum(p.numel() for p in model.parameters()), asdict(recipe))
    progress = _Progress()
    for number, stage in enumerate(recipe.stages):
        batches = _read(encoder, recipe, stage, seed=10_000 * number + 1000 * rank + recipe.seed)
        _run(model, batches, recipe, stage, (progress, directory) if rank == 0 else None)
    if rank == 0:
        even_out(model, encoder, recipe.character_length)
        write_checkpoint(model, directory)
    torch.distributed.destroy_process_group()


def _read(encoder: PieceEncoder, recipe: Recipe, stage: Stage, seed: int) -> Iterator[Batch]:
    """Give short dialogues first, which are cheap and teach most, many of them about copying; then all."""
    held_out = held_out_phrases(read_cases())
    special = encoder.special_ids()

    def corpus(number: int) -> Corpus:
        return Corpus(seed + number, held_out, stage.more_english)

    def read(dialogues: Iterator[Dialogue], max_tokens: int, row_tokens: int) -> Iterator[Batch]:
        num_rows = round(recipe.batch_tokens / row_tokens)
        allowed = _checked(dialogues, held_out)
        return read_batches(allowed, encoder, special, max_tokens=max_tokens, row_tokens=row_tokens, num_rows=num_rows)

    telling = read(corpus(1).telling(), recipe.short_tokens, recipe.short_row_tokens)
    short = read(iter(corpus(2)), recipe.short_tokens, recipe.short_row_tokens)
    full = read(iter(corpus(3)), recipe.max_tokens, recipe.max_tokens)
    for step in range(stage.num_steps):
        if step >= stage.full_from * stage.num_steps:
            yield next(full)
        elif step % (2 if step < stage.telling_share * stage.num_steps else stage.telling_every) == 1:
            yield next(telling)
        else:
            yield next(short)


def _checked(dialogues: Iterator[Dialogue], held_out: frozenset[str]) -> Iterator[Dialogue]:
    """Pass the dialogues on, and stop the making should one of them be part of the evaluation."""
    for dialogue in dialogues:
        assert not contains_held_out(dialogue, held_out), f"held out, but in the corpus: {dialogue}"
        yield dialogue


def _run(
    model: ChatGLMForConditionalGeneration,
    batches: Iterator[Batch],
    recipe: Recipe,
    stage: Stage,
    reporting: tuple["_Progress", Path] | None,
) -> None:
    """Take the steps of a stage; the worker that reports writes the checkpoint now and then."""
    optimiser = make_optimiser(model, recipe, stage.peak_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_factor(step, stage.num_steps, recipe))
    saved = time.monotonic()
    model.train()
    for batch in batches:
        loss = compute_loss(model, batch)
        optimiser.zero_grad(set_to_none=False)
        loss.backward()  # type: ignore[no-untyped-call]
        average_gradients(model, recipe.num_workers)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if reporting is None:
            continue
        progress, directory = reporting
        progress.add(loss.item(), batch.ids.numel() * recipe.num_workers)
        if time.monotonic() - saved > recipe.save_seconds:
            write_checkpoint(model, directory)
            saved = time.monotonic()


def compute_loss(model: ChatGLMForConditionalGeneration, batch: Batch) -> Tensor:
    """Return the mean loss of the answers' tokens."""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=_HAS_BFLOAT16):
        output = model.transformer(batch.ids, batch.positions, ~batch.visible, use_cache=False)
        logits = model.lm_head(output.last_hidden_state.flatten(0, 1)[batch.places])
    return cross_entropy(logits.float(), batch.labels)


def average_gradients(model: nn.Module, num_workers: int) -> None:
    """Give every worker the mean of all workers' gradients."""
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    joint = torch.cat([gradient.flatten() for gradient in gradients])
    torch.distributed.all_reduce(joint)
    joint /= num_workers
    for gradient, mean in zip(gradients, torch.split(joint, [g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))


class _Progress:
    """Logs the loss and the speed now and then."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._loss = 0.0
        self._num_steps = 0
        self._num_tokens = 0

    def add(self, loss: float, num_tokens: int) -> None:
        self._loss += loss
        self._num_steps += 1
        self._num_tokens += num_tokens
        if self._num_steps % _LOG_STEPS == 0:
            seconds = time.monotonic() - self._started
            speed = self._num_tokens / seconds
            logger.info(
                "step %d: loss %.4f, %.0f tokens/s, %.0f s", self._num_steps, self._loss / _LOG_STEPS, speed, seconds
            )
            self._loss = 0.0


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, default=CHECKPOINT)
    parser.add_argument("--workers", type=int, default=Recipe().num_workers)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format=_LOG_FORMAT)
    train(arguments.directory, Recipe(num_workers=arguments.workers))


if __name__ == "__main__":
    main()
