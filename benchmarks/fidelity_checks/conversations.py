"""Whole conversations: prompt, ids, greedy answer, tidied text whole and streamed, and a cache that is kept."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from fidelity_checks.networks import engine_tokens
from fidelity_checks.report import CPU, Report, equal, read_json
from glmbot.serving.chat import chatglm, chatglm2, chatglm3
from glmbot.serving.chat.conversation import ChatMessage
from glmbot.serving.chat.texts import chat_text_for
from glmbot.serving.engine.decoder import CausalDecoder
from glmbot.serving.loaded_model import ChatText
from glmbot.serving.loading.weights import load_model, load_tokenizer, load_tokenizer2
from glmbot.serving.models.family import Family, family_of
from glmbot.serving.models.registry import ChatGLMNetwork
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer
from glmbot.serving.tokenizers.chatglm2 import ChatGLM2Tokenizer

Tokenizer = ChatGLMTokenizer | ChatGLM2Tokenizer
TIDY = {Family.CHATGLM: chatglm.process_response, Family.CHATGLM2: chatglm2.process_response}
BUILD = {Family.CHATGLM: chatglm.build_prompt, Family.CHATGLM2: chatglm2.build_prompt}


def check_chat(report: Report, directory: Path) -> None:
    """Play the conversations of chat.json."""
    family = family_of(directory)
    tokenizer = load_tokenizer(directory) if family is Family.CHATGLM else load_tokenizer2(directory)
    model, text = load_model(directory, torch.float32, CPU), chat_text_for(family, tokenizer)
    for index, chat in enumerate(read_json(directory / "chat.json")):
        with report.case(f"{directory.name}/chat[{index}]"), torch.inference_mode():
            check_conversation(model, tokenizer, family, text, chat)
    if (directory / "multi_turn_with_cache.json").is_file():
        with report.case(f"{directory.name}/multi_turn_with_cache"), torch.inference_mode():
            check_kept_cache(model, tokenizer, text, read_json(directory / "multi_turn_with_cache.json"))


def check_conversation(
    model: ChatGLMNetwork, tokenizer: Tokenizer, family: Family, text: ChatText, chat: Mapping[str, Any]
) -> None:
    """Compare one conversation."""
    messages = messages_of(family, chat)
    if family in BUILD:
        history = [(question, answer) for question, answer in chat["history"]]
        prompt = BUILD[family](chat["query"], history)
        equal("prompt", prompt, chat["prompt"])
        equal("input_ids of the prompt", tokenizer(prompt)["input_ids"], chat["input_ids"])
    input_ids = text.encode_chat(messages)
    equal("input_ids", input_ids, chat["input_ids"])
    output = engine_tokens(model, input_ids, chat["max_length"] - len(input_ids), text.end_tokens)
    equal("output_ids", output, chat["output_ids"])
    equal("end", output[-1] in text.end_tokens, chat["ends_with_eos"])
    equal("decoded", old_decode(tokenizer, output), chat["decoded"])
    response = tidy(tokenizer, family, output)
    equal("response", response, chat["response"])
    check_new_history(family, chat, response)
    equal("streamed answer", stream(text, output), stream_reference(tokenizer, family, output))
    equal("streamed texts", published_stream(tokenizer, family, output, chat), chat["stream_responses"])


def published_stream(tokenizer: Tokenizer, family: Family, output: list[int], chat: Mapping[str, Any]) -> list[str]:
    """Return the whole texts that the published stream yields, each tidied anew.

    ChatGLM-6B's does not yield after its last token; the later ones leave out texts that end in half a character.
    """
    if family is Family.CHATGLM:
        return [tidy(tokenizer, family, output[: end + 1]) for end in range(len(chat["stream_responses"]))]
    num_left_out = 1 if family is Family.CHATGLM3 else 0
    texts = []
    for end in range(1, len(output) + 1):
        raw = old_decode(tokenizer, output[: end - num_left_out])
        if raw and not raw.endswith("\ufffd"):
            texts.append(tidy(tokenizer, family, output[:end]))
    return texts


def messages_of(family: Family, chat: Mapping[str, Any]) -> list[ChatMessage]:
    """Return the conversation as the server takes it."""
    if family is Family.CHATGLM3:
        earlier = [ChatMessage(turn["role"], turn["content"]) for turn in chat["history"]]
    else:
        roles = ("user", "assistant")
        earlier = [ChatMessage(role, said) for turn in chat["history"] for role, said in zip(roles, turn, strict=True)]
    return [*earlier, ChatMessage("user", chat["query"])]


def tidy(tokenizer: Tokenizer, family: Family, output: list[int]) -> str:
    """Return the answer as the published chat() does; ChatGLM3's leaves the last token out, whatever it is."""
    if family is Family.CHATGLM3:
        last = chatglm3.split_response(old_decode(tokenizer, output[:-1]))[-1]
        return chatglm2.process_response(last.content)
    return TIDY[family](old_decode(tokenizer, output))


def check_new_history(family: Family, chat: Mapping[str, Any], response: str) -> None:
    """Compare what the conversation is afterwards."""
    if family is not Family.CHATGLM3:
        expected = [*map(list, chat["history"]), [chat["query"], response]]
        equal("history", expected, chat["new_history"])


def stream(text: ChatText, output: Sequence[int]) -> str:
    """Return the answer in pieces, joined, as the server gives it."""
    answer = text.new_response()
    pieces = [answer.add(token) for token in shown(text, output)]
    return "".join(pieces) + answer.finish()


def shown(text: ChatText, output: Sequence[int]) -> list[int]:
    """Return the tokens that the server shows: not the end mark; at the limit ChatGLM3's last token neither."""
    is_dropped = output[-1] in text.end_tokens or text.new_response().drops_token_at_limit
    return list(output[:-1] if is_dropped else output)


def stream_reference(tokenizer: Tokenizer, family: Family, output: list[int]) -> str:
    """Return what the stream must join to: the whole answer, without the old library's clean-up of spaces."""
    if family is Family.CHATGLM3:
        return tidy(tokenizer, family, output)
    return TIDY[family](tokenizer.decode_text(output))


def check_kept_cache(
    model: ChatGLMNetwork, tokenizer: Tokenizer, text: ChatText, turns: Sequence[Mapping[str, Any]]
) -> None:
    """Play successive turns over one cache, each adding its own tokens only."""
    decoder, length = CausalDecoder(model), 0
    for turn in turns:
        equal("past_length_before", length, turn["past_length_before"])
        equal("turn_position_ids", list(range(length, length + len(turn["turn_input_ids"]))), turn["turn_position_ids"])
        tokens = [int(decoder.prefill(turn["turn_input_ids"]).argmax())]
        while len(tokens) < len(turn["output_ids"]) and tokens[-1] not in text.end_tokens:
            tokens.append(int(decoder.decode(tokens[-1]).argmax()))
        equal("output_ids", tokens, turn["output_ids"])
        equal("decoded", old_decode(tokenizer, tokens), turn["decoded"])
        length += len(turn["turn_input_ids"]) + len(tokens) - 1  # the last token is not in the cache
        equal("past_length_after", length, turn["past_length_after"])


def old_decode(tokenizer: Tokenizer, ids: list[int]) -> str:
    """Decode as the published code's library did, which also took out spaces before punctuation."""
    return str(tokenizer.decode(ids, clean_up_tokenization_spaces=True))
