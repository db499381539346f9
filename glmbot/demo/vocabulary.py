"""The demo model's SentencePiece vocabulary, trained on its own corpus and laid out like the published one."""

import io
from collections import Counter
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

import sentencepiece

from glmbot.demo.corpus import Corpus
from glmbot.demo.names import COMMON_CHARACTERS

NUM_PIECES = 6144
_NUM_DIALOGUES = 60_000
_MIN_CHARACTER_COUNT = 30

# The published vocabulary (ice_text.model of ChatGLM-6B) has these behind its ordinary pieces, in this order.
_CONTROLS = ["[MASK]", "[gMASK]", "[sMASK]", "<unused_0>", "<sop>", "<eop>", "<ENC>", "<dBLOCK>"]
_BLANKS = ["<|tab|>", *(f"<|blank_{k}|>" for k in range(2, 81))]
_NEWLINE = "<n>"


def train_vocabulary(path: Path, seed: int, held_out: frozenset[str]) -> None:
    """Train the vocabulary on the corpus and write it to the path.

    Each common character is a piece of its own, even where the corpus hardly has it: written as three bytes, rare
    characters of names were hardly ever copied right.
    """
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_sentences(seed, held_out)),
        model_writer=model,
        model_type="unigram",
        vocab_size=NUM_PIECES,
        normalization_rule_name="nmt_nfkc",
        max_sentencepiece_length=12,
        character_coverage=1.0,
        required_chars=COMMON_CHARACTERS,
        split_digits=True,
        byte_fallback=True,
        pad_id=3,
        control_symbols=_CONTROLS,
        user_defined_symbols=[_NEWLINE, *_BLANKS],
        num_threads=2,
        minloglevel=2,
    )
    path.write_bytes(_arrange(model.getvalue()))


def _sentences(seed: int, held_out: frozenset[str]) -> Iterable[str]:
    """Give the corpus's texts once each, without the rare characters that names and nonsense bring."""
    dialogues = islice(Corpus(seed, held_out), _NUM_DIALOGUES)
    texts = Counter(text for d in dialogues for turn in d.exchanges for text in (turn.question, turn.answer))
    counts = Counter(chain.from_iterable(texts))
    rare = {ord(c): " " for c, count in counts.items() if count < _MIN_CHARACTER_COUNT and not c.isascii()}
    rounds = [f"[Round {i}]" for i in range(13)] + ["问：", "答："]
    return [*(text.translate(rare) for text in texts), *rounds * 200]


def _arrange(model: bytes) -> bytes:
    """Move control symbols, blanks and bytes behind the ordinary pieces, as in the published file.

    A SentencePiece model is a protobuf message whose field 1 repeats once for each piece; the trainer writes
    special pieces first. Segmentation goes by scores, so the order is free.
    """
    fields = list(_fields(model))
    pieces = [raw for tag, raw in fields if tag == 0x0A]
    others = [raw for tag, raw in fields if tag != 0x0A]
    num_special = 4 + len(_CONTROLS) + 1 + len(_BLANKS) + 256
    first, special, ordinary = pieces[:4], pieces[4:num_special], pieces[num_special:]
    controls, newline, blanks = special[: len(_CONTROLS)], special[len(_CONTROLS)], special[len(_CONTROLS) + 1 :]
    return b"".join([*first, newline, *ordinary, *controls, *blanks, *others])


def _fields(message: bytes) -> Iterable[tuple[int, bytes]]:
    """Split a protobuf message whose fields all have a length into (tag, raw bytes with tag and length)."""
    at = 0
    while at < len(message):
        tag, length, shift, body = message[at], 0, 0, at + 1
        while True:
            byte = message[body]
            length |= (byte & 0x7F) << shift
            shift, body = shift + 7, body + 1
            if byte < 0x80:
                break
        yield tag, message[at : body + length]
        at = body + length
