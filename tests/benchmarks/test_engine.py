"""The engine's benchmark measures what it says: its files are right, its peers compute, its crowds are counted."""

import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
from engine_parts import growth_report, scheduling
from engine_parts.contender import Contender, ContenderFailed
from engine_parts.crowds import Ask, Client, steps_to_free, waits
from engine_parts.eager import Eager
from engine_parts.flatness import Sample, Samples
from engine_parts.ggml_blocks import TYPES
from engine_parts.ggml_file import write_ggml
from engine_parts.gguf_file import write_gguf
from engine_parts.growth import Point
from engine_parts.shape import LaterShape, Shape, prompt_of, write_checkpoint
from engine_parts.versus import (
    LLAMA_PYTHON,
    PEER_PYTHON,
    QUICK,
    VOCABULARY,
    Bench,
    Ratio,
    against_eager,
    against_llama,
    against_peer,
    raw,
    where_time_goes,
)

from glmbot.serving.engine.engine import Engine
from glmbot.serving.loading.precision import KvPrecision, Precision
from glmbot.serving.loading.served_model import ServedModel
from glmbot.serving.loading.weights import load_model
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.registry import build_empty

SMALL = Shape(num_layers=2, hidden_size=128, num_attention_heads=4, vocab_size=512)
LATER = LaterShape(num_layers=2, hidden_size=256, num_attention_heads=4, ffn_hidden_size=256, padded_vocab_size=512)
CPU = torch.device("cpu")
GOLDEN = Path(__file__).parents[1] / "golden" / "chatglm"
BLOCK_BYTES = {TYPES["q4_0"]: 18, TYPES["q8_0"]: 34}


@pytest.fixture(scope="module", params=[8, 4])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    directory = tmp_path_factory.mktemp("random") / "checkpoint"
    write_checkpoint(directory, SMALL.config, request.param)
    return load_model(directory, Precision(f"int{request.param}"), CPU)


def model_of(network: ChatGLMForConditionalGeneration) -> ServedModel:
    model = ServedModel(network, (), 2048, KvPrecision.FULL)
    model.end_tokens = frozenset()
    return model


def prompt(num_tokens: int, seed: int) -> list[int]:
    return prompt_of(SMALL.config, num_tokens, seed)


def test_random_weights_give_scores_that_are_finite_and_never_end(network: ChatGLMForConditionalGeneration) -> None:
    with torch.inference_mode():
        logits = network(torch.tensor([prompt(20, 1)])).logits[0, -1]
    assert logits.isfinite().all()
    assert logits.std() > 0.1
    assert (logits[SMALL.config.mask_token_id :] == 0).all()


@pytest.mark.parametrize("kind", ["q4_0", "q8_0"])
def test_the_peers_file_has_every_tensor_of_the_network(kind: str, tmp_path: Path) -> None:
    write_ggml(tmp_path / "file", SMALL.config.to_dict(), kind, VOCABULARY)
    found = dict(tensors((tmp_path / "file").read_bytes()))
    with torch.device("meta"):
        ours = ChatGLMForConditionalGeneration(SMALL.config).state_dict()
    ours.pop("lm_head.weight")  # the peer takes the embedding
    assert found == {name: tuple(tensor.shape) for name, tensor in ours.items()}


def tensors(content: bytes) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Read the file as the peer does; ends where the last tensor ends, and nowhere else."""
    assert content[:4] == b"ggml"
    assert struct.unpack_from("<2i", content, 4) == (1, 2)
    at = 12 + 13 * 4
    at += 4 + struct.unpack_from("<i", content, at)[0]
    while at < len(content):
        (length,) = struct.unpack_from("<i", content, at)
        name = content[at + 4 : at + 4 + length].decode()
        at += 4 + length
        (num_dims,) = struct.unpack_from("<i", content, at)
        *shape, kind = struct.unpack_from(f"<{num_dims + 1}i", content, at + 4)
        at += 4 * (num_dims + 2)
        at += -at % 16 + torch.Size(shape).numel() // (32 if kind else 1) * BLOCK_BYTES.get(kind, 4)
        yield name, tuple(shape)
    assert at == len(content)


@pytest.mark.skipif(not PEER_PYTHON.exists(), reason="chatglm.cpp is not installed: make .venv/.bench-engine")
@pytest.mark.parametrize("kind", ["q4_0", "q8_0"])
def test_the_peer_takes_its_file_and_is_measured(kind: str, tmp_path: Path) -> None:
    figures = raw(against_peer(Bench(SMALL, tmp_path, QUICK), kind, ["int4"]))
    assert figures[f"chatglm_cpp_{kind}"].keys() == {"decode_1_tok_s", "prefill_256_tok_s", "resident_gb"}
    assert not list(tmp_path.glob("*.ggml"))


@pytest.mark.parametrize("kind", ["q4_0", "q8_0"])
def test_the_file_for_llama_cpp_has_every_tensor_of_the_later_network(kind: str, tmp_path: Path) -> None:
    write_gguf(tmp_path / "file", LATER.config.to_dict(), kind)
    found = list(gguf_tensors((tmp_path / "file").read_bytes()))
    ours = [tuple(tensor.shape) for tensor in build_empty(LATER.config).state_dict().values()]
    assert sorted(found) == sorted(ours)


def gguf_tensors(content: bytes) -> Iterator[tuple[int, ...]]:
    """Read the file as its documentation says; the last tensor must end where the file does."""
    assert content[:4] == b"GGUF"
    version, num_tensors, num_settings = struct.unpack_from("<IQQ", content, 4)
    assert version == 3
    at = 24

    def string() -> None:
        nonlocal at
        at += 8 + struct.unpack_from("<Q", content, at)[0]

    for _ in range(num_settings):
        string()
        (kind,) = struct.unpack_from("<I", content, at)
        at += 4
        if kind == 8:
            string()
        else:
            at += 4
    end = 0
    for _ in range(num_tensors):
        string()
        (num_dims,) = struct.unpack_from("<I", content, at)
        *shape, kind, offset = struct.unpack_from(f"<{num_dims}QIQ", content, at + 4)
        at += 4 + 8 * num_dims + 12
        assert offset == end
        end += torch.Size(shape).numel() // (32 if kind else 1) * BLOCK_BYTES.get(kind, 4)
        end += -end % 32
        yield tuple(reversed(shape))
    assert len(content) == at + -at % 32 + end


@pytest.mark.skipif(not LLAMA_PYTHON.exists(), reason="llama.cpp is not installed: make .venv/.bench-llama")
def test_llama_cpp_takes_its_file_and_is_measured(tmp_path: Path) -> None:
    figures = raw(against_llama(Bench(LATER, tmp_path, QUICK), "q4_0", "int4"))
    assert figures["llama_cpp_q4_0"].keys() == figures["int4"].keys()
    assert all(value > 0 for one in figures.values() for value in one.values())


def test_the_model_in_the_originals_style_computes_what_ours_does() -> None:
    ours = load_model(GOLDEN / "v1_tiny", torch.float32, CPU)
    assert isinstance(ours, ChatGLMForConditionalGeneration)
    config = ours.config
    eager = Eager(Shape(config.num_layers, config.hidden_size, 4, config.vocab_size), torch.float32)
    copy_weights(ours, eager)
    decoder = model_of(ours).new_decoder()
    words = prompt_of(config, 12)
    with torch.inference_mode():
        token = int(decoder.prefill(words).argmax())
        eager.prefill(words)
        for _ in range(10):
            assert eager.token == token
            token = int(decoder.decode(token).argmax())
            eager.decode(1)


def copy_weights(ours: ChatGLMForConditionalGeneration, eager: Eager) -> None:
    ours.lm_head.weight = ours.transformer.word_embeddings.weight  # as the eager model has it
    eager.embedding.weight.copy_(ours.transformer.word_embeddings.weight)
    eager.last.load_state_dict(ours.transformer.final_layernorm.state_dict())
    for block, own in zip(eager.blocks, ours.transformer.layers, strict=True):
        parts = {name.removeprefix("attention.").removeprefix("mlp."): part for name, part in own.state_dict().items()}
        block.load_state_dict(parts)


def test_where_the_time_goes_is_told_in_shares(tmp_path: Path) -> None:
    found = where_time_goes(Bench(SMALL, tmp_path, QUICK), "int8")
    assert set(found) == {"streams_1", "streams_8"}
    assert all(0 < sum(one.values()) <= 1.01 for one in found.values())


def test_ours_and_the_eager_model_are_measured_in_turn(tmp_path: Path) -> None:
    figures = raw(against_eager(Bench(SMALL, tmp_path, QUICK), "int8"))
    assert set(figures) == {"int8", "eager_bf16"}
    assert all(value > 0 for one in figures.values() for value in one.values())


def test_a_contender_tells_what_went_wrong_and_goes_on() -> None:
    with Contender("divider", "tests.benchmarks.divider", []) as divider:
        with pytest.raises(ContenderFailed, match="(?s)divider: .*ZeroDivisionError"):
            divider.call("divide", number=1, by=0)
        assert divider.call("divide", number=6, by=3) == 2


def test_a_contender_that_dies_is_noticed() -> None:
    with Contender("divider", "tests.benchmarks.divider", []) as divider:
        for _ in range(2):
            with pytest.raises(ContenderFailed, match="divider ended with 3"):
                divider.call("end")


def test_every_question_of_a_crowd_is_waited_for(network: ChatGLMForConditionalGeneration) -> None:
    clients = [Client("many", [Ask(5, 3), Ask(6, 2)]), Client("many", [Ask(7, 1)]), Client("one", [Ask(9, 4)])]
    found = waits(Engine(model_of(network), 2), clients, prompt)
    assert sorted(wait.sender for wait in found) == ["many", "many", "many", "one"]
    assert all(0 < wait.first <= wait.whole for wait in found)


def test_a_cancelled_sequence_is_free_after_the_step_under_way(network: ChatGLMForConditionalGeneration) -> None:
    assert steps_to_free(Engine(model_of(network), 3), prompt, 30) == 1


def test_an_engine_that_frees_late_is_found_out(network: ChatGLMForConditionalGeneration) -> None:
    class Late(Engine):
        """Cancels two steps later."""

        late: int | None = None
        steps_left = 0

        def cancel(self, sequence_id: int) -> None:
            self.late, self.steps_left = sequence_id, 2

        def step(self) -> Any:
            if self.late:
                self.steps_left -= 1
                if not self.steps_left:
                    super().cancel(self.late)
            return super().step()

    assert steps_to_free(Late(model_of(network), 3), prompt, 30) == 3


def test_ratios_are_those_of_each_round() -> None:
    assert Ratio.of([2.0, 30.0, 4.0], [1.0, 10.0, 4.0]) == Ratio(2.0, 1.0, 3.0)


def test_the_seven_and_not_the_flood_are_asked_how_long_they_waited() -> None:
    assert scheduling._mean([["flood", 100.0, 100.0], ["other 1", 1.0, 5.0], ["other 2", 3.0, 7.0]], 1) == 2.0


@pytest.mark.parametrize(("per_sample", "is_flat"), [(0, True), (20_000, True), (200_000, False)])
def test_memory_that_grows_all_the_time_is_no_flat_one(per_sample: int, is_flat: bool) -> None:
    wobble = [0, 3_000_000, -3_000_000, 1_000_000]
    samples = Samples([Sample(at, 400_000_000 + per_sample * at + wobble[at % 4], 9) for at in range(200)])
    assert samples.after(0.2).is_flat is is_flat


def test_memory_that_grows_while_warming_up_only_is_flat() -> None:
    samples = Samples([Sample(at, 400_000_000 if at > 30 else 100_000_000, 9) for at in range(200)])
    assert samples.after(0.2).is_flat


def test_growth_is_drawn_and_put_into_a_table(tmp_path: Path) -> None:
    points = [Point(n, t, 10.0 * n, 1.0 + n * t / 1000) for n, t in ((1, 128), (2, 128), (8, 128), (1, 256), (8, 256))]
    growth_report.write(tmp_path, points, "int8", 28)
    drawn = sorted(path.name for path in tmp_path.glob("*.svg"))
    assert drawn == [f"engine-{what}-{over}.svg" for what in ("memory", "speed") for over in ("context", "streams")]
    marks = {name: len(ElementTree.parse(tmp_path / name).findall(".//{*}circle")) for name in drawn}
    # a mark for each point, and one for each line in the legend
    assert marks == {
        "engine-memory-context.svg": 6,
        "engine-memory-streams.svg": 4,
        "engine-speed-context.svg": 6,
        "engine-speed-streams.svg": 4,
    }
    assert "| 8 | 256 | 80.0 | 3.05 |" in (tmp_path / growth_report.TABLE_FILE).read_text(encoding="utf-8")


def test_the_parts_of_the_wire_need_the_standard_library_only() -> None:
    """The peer's environment has nothing else."""
    source = (Path(sys.modules["engine_parts"].__path__[0]) / "wire.py").read_text(encoding="utf-8")
    imported = {line.split()[1].split(".")[0] for line in source.splitlines() if line.startswith(("import", "from"))}
    assert imported <= sys.stdlib_module_names
