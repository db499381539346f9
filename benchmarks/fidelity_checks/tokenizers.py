"""Text to ids and back."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fidelity_checks.later_formats import check_later_formats
from fidelity_checks.report import Report, equal, read_json
from glmbot.serving.engine.detokenizer import Detokenizer
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer
from glmbot.serving.tokenizers.chatglm2 import ChatGLM2Tokenizer

Tokenizer = ChatGLMTokenizer | ChatGLM2Tokenizer
VOCABULARY_SHA256 = "5e974d9a69c242ce014c88c2b26089270f6198f3c0b700a887666cd3e816f17e"
LATER_VOCABULARY_SHA256 = "e7dc4c393423b76e4373e5157ddc34803a0189ba96b21ddbb40269d31468a6f2"


def check_tokenizer(report: Report, directory: Path, name: str, tokenizer: Tokenizer) -> None:
    """Compare a tokenizer with the vectors of a directory."""
    checks: dict[str, Callable[[Tokenizer, Mapping[str, Any]], None]] = {
        "encode_decode": check_text,
        "decode_ids": check_ids,
        "stream_decode": check_prefixes,
        "batch": check_batch,
    }
    for file, check in checks.items():
        for index, vector in enumerate(read_json(directory / f"{file}.json")):
            with report.case(f"{name}/{file}[{index}]"):
                check(tokenizer, vector)
    with report.case(f"{name}/special"):
        check_special(tokenizer, read_json(directory / "special.json"))


def check_text(tokenizer: Tokenizer, vector: Mapping[str, Any]) -> None:
    """Compare the ways between a text and its ids."""
    text, ids = vector["text"], vector["ids_no_special"]
    equal("input_ids", tokenizer(text)["input_ids"], vector["input_ids"])
    equal("ids_no_special", tokenizer.encode(text, add_special_tokens=False), ids)
    equal("tokens", tokenizer.tokenize(text), vector["tokens"])
    equal("sp_encode", tokenizer.encode_text(text), vector["sp_encode"])
    if "input_ids_encode_special_tokens" in vector:
        check_roles_in_text(tokenizer, vector)
    check_decode(tokenizer, ids, vector)
    for key, skip in (("decode_with_special", False), ("decode_skip_special", True)):
        ours = tokenizer.decode(vector["input_ids"], skip_special_tokens=skip, clean_up_tokenization_spaces=True)
        equal(key, ours, vector[key])


def check_ids(tokenizer: Tokenizer, vector: Mapping[str, Any]) -> None:
    """Compare the text of random ids."""
    equal("tokens", tokenizer.convert_ids_to_tokens(vector["ids"]), vector["tokens"])
    check_decode(tokenizer, vector["ids"], vector)


def check_decode(tokenizer: Tokenizer, ids: list[int], vector: Mapping[str, Any]) -> None:
    """Compare the text of ids: whole, with the old library's clean-up, and token by token."""
    plain = vector.get("decode_no_cleanup", vector["decode"])  # only ChatGLM-6B's library cleaned up
    equal("decode_no_cleanup", tokenizer.decode(ids), plain)
    equal("decode", tokenizer.decode(ids, clean_up_tokenization_spaces=True), vector["decode"])
    detokenizer = Detokenizer(tokenizer)
    pieces = [detokenizer.add(token) for token in ids]
    equal("pieces joined", "".join(pieces) + detokenizer.finish(), plain)


def check_prefixes(tokenizer: Tokenizer, vector: Mapping[str, Any]) -> None:
    """Compare the text of every prefix of ids."""
    ids = vector["ids"]
    for end, text in enumerate(vector["prefix_decodes"], start=1):
        equal(f"first {end}", tokenizer.decode(ids[:end], clean_up_tokenization_spaces=True), text)


def check_roles_in_text(tokenizer: Tokenizer, vector: Mapping[str, Any]) -> None:
    """Compare the ids of a text in which ChatGLM3's roles are wanted as marks."""
    assert isinstance(tokenizer, ChatGLM2Tokenizer)
    tokenizer.encode_special_tokens = True
    try:
        equal("roles as marks", tokenizer(vector["text"])["input_ids"], vector["input_ids_encode_special_tokens"])
    finally:
        tokenizer.encode_special_tokens = False


def check_batch(tokenizer: Tokenizer, vector: Mapping[str, Any]) -> None:
    """Compare padding, pairs and truncation."""
    options = {key: vector[key] for key in ("padding", "truncation", "max_length") if key in vector}
    reference = vector["input_ids"]
    if "texts" in vector and "padding" not in vector and isinstance(tokenizer, ChatGLM2Tokenizer):
        options["padding"] = True
    if "pair" in vector:
        ours = tokenizer(*vector["pair"], **options)
    elif isinstance(reference[0], int):
        texts = vector["texts"]
        ours = tokenizer(texts if isinstance(texts, str) else texts[0], **options)
    else:
        ours = tokenizer(vector["texts"], **options)
    if "keys" in vector:
        equal("keys", sorted(ours.keys()), vector["keys"])
    for key in ("input_ids", "position_ids", "attention_mask"):
        if key in vector:
            equal(key, ours[key], vector[key])


def check_special(tokenizer: Tokenizer, vector: Mapping[str, Any]) -> None:
    """Compare sizes and special ids."""
    for name, index in (vector.get("specials") or vector["special_tokens"]).items():
        equal(name, tokenizer.convert_tokens_to_ids(name), index)
    commands = {"<bos>": tokenizer.pieces.bos_id(), "<eos>": tokenizer.eos_token_id, "<pad>": tokenizer.pad_token_id}
    for name, index in vector.get("commands", {}).items():
        equal(name, commands[name], index)
    for key, reference in vector.items():
        if key == "len":
            equal(key, len(tokenizer), reference)
        elif key == "sentencepiece_size":
            equal(key, tokenizer.pieces.get_piece_size(), reference)
        elif key == "prefix_tokens":
            equal(key, tokenizer.build_inputs_with_special_tokens([]), reference)
        elif key not in ("specials", "special_tokens", "commands"):
            equal(key, getattr(tokenizer, key), reference)


def check_published_tokenizer(report: Report, directory: Path, tokenizers: Path) -> None:
    """Compare with a published vocabulary, which is not part of the reference values."""
    is_first = directory.name.startswith("v1")
    sha256 = VOCABULARY_SHA256 if is_first else LATER_VOCABULARY_SHA256
    found = [path for path in sorted(tokenizers.glob("*.model")) if _sha256(path) == sha256]
    if not found:
        reason = f"no vocabulary with sha256 {sha256[:8]}... in {str(tokenizers)!r}; see --tokenizers"
        return report.skip(directory.name, reason)
    if is_first:
        return check_tokenizer(report, directory, directory.name, ChatGLMTokenizer(str(found[0])))
    tokenizer = ChatGLM2Tokenizer(str(found[0]), has_roles=directory.name.startswith("v3"))
    check_tokenizer(report, directory, directory.name, tokenizer)
    return check_later_formats(report, directory, tokenizer)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
