"""Text from a growing list of tokens."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmbot.serving.engine.detokenizer import Detokenizer
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer, load_pieces


def pieces_of(tokenizer: ChatGLMTokenizer, ids: list[int]) -> list[str]:
    detokenizer = Detokenizer(tokenizer)
    return [*(detokenizer.add(index) for index in ids), detokenizer.finish()]


def test_pieces_joined_are_the_whole_text(golden: Path, tokenizer: ChatGLMTokenizer) -> None:
    vectors = json.loads((golden / "v1_e2e" / "tokenizer_vectors" / "stream_decode.json").read_text("utf-8"))
    for vector in vectors:
        assert "".join(pieces_of(tokenizer, vector["ids"])) == tokenizer.decode(vector["ids"])


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_random_ids_joined_are_the_whole_text(tokenizer: ChatGLMTokenizer, data: st.DataObject) -> None:
    first_byte = tokenizer.convert_tokens_to_ids("<0x00>")
    assert isinstance(first_byte, int)
    marks = tokenizer.convert_tokens_to_ids(
        ["▁", "<n>", "<|tab|>", "<pad>", "<unk>", "<sop>", "</s>", "<0x3C>", "<0x3E>"]
    )
    ids = data.draw(
        st.lists(st.integers(0, 799) | st.integers(first_byte, first_byte + 255) | st.sampled_from(marks), max_size=40)
    )
    assert "".join(pieces_of(tokenizer, ids)) == tokenizer.decode(ids)


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet="😀𠀀龘é<n>|tab blank_12\n 中", max_size=20))
def test_text_in_bytes_never_shows_half_a_character(tokenizer: ChatGLMTokenizer, text: str) -> None:
    ids = [tokenizer.convert_tokens_to_ids(f"<0x{byte:02X}>") for byte in text.encode()]
    pieces = pieces_of(tokenizer, ids)
    assert not any("\ufffd" in piece for piece in pieces)
    assert "".join(pieces) == tokenizer.decode(ids)


def test_bytes_that_are_no_character_are_shown_in_the_end(tokenizer: ChatGLMTokenizer) -> None:
    half = tokenizer.convert_tokens_to_ids("<0xE4>")
    assert isinstance(half, int)
    assert pieces_of(tokenizer, [half, half, half, half, half]) == ["", "", "", "\ufffd", "\ufffd", "\ufffd" * 3]


def test_the_work_for_a_token_does_not_grow(tokenizer: ChatGLMTokenizer) -> None:
    class Counting:
        longest = 0

        def decode_text(self, ids: list[int]) -> str:
            self.longest = max(self.longest, len(ids))
            return tokenizer.decode_text(ids)

        def num_unfinished(self, text: str) -> int:
            return tokenizer.num_unfinished(text)

    counting, ids = Counting(), tokenizer.encode_text("今天天气怎么样，hello world " * 30)
    detokenizer = Detokenizer(counting)
    for index in ids:
        detokenizer.add(index)
    assert len(ids) > 200
    assert counting.longest < 20


def test_the_published_vocabulary_streams_too(shared: Path) -> None:
    vocabulary = shared.parents[1] / "tokenizers" / "chatglm_6b_ice_text.model"
    if not vocabulary.is_file():
        pytest.skip("the published vocabulary is not in ../shared/tokenizers")
    assert load_pieces(vocabulary).get_piece_size() == 130344
    tokenizer = ChatGLMTokenizer(str(vocabulary))
    text = "你好😀世界\n\n    return '𠀀龘'\t<n"
    assert "".join(pieces_of(tokenizer, tokenizer.encode_text(text))) == text
