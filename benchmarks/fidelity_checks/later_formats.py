"""Prompts and tidied answers of ChatGLM2 and ChatGLM3, which need the tokenizer."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fidelity_checks.report import Report, equal, read_json
from glmbot.serving.chat import chatglm2, chatglm3
from glmbot.serving.chat.conversation import ChatMessage, Tool
from glmbot.serving.chat.tool_calls import read_python_call
from glmbot.serving.tokenizers.chatglm2 import ChatGLM2Tokenizer


def check_later_formats(report: Report, directory: Path, tokenizer: ChatGLM2Tokenizer) -> None:
    """Compare whatever vectors of prompts and answers a directory holds."""
    checks = {
        "build_prompt": check_prompt,
        "build_chat_input": check_chat_input,
        "single_message": check_single_message,
        "process_response": check_third_response if tokenizer.has_roles else check_response,
    }
    for name, check in checks.items():
        path = directory / f"{name}.json"
        for index, vector in enumerate(read_json(path) if path.is_file() else []):
            with report.case(f"{directory.name}/{name}[{index}]"):
                check(tokenizer, vector)


def check_prompt(tokenizer: ChatGLM2Tokenizer, vector: Mapping[str, Any]) -> None:
    """Compare ChatGLM2's prompt, and its ids."""
    history = [(question, answer) for question, answer in vector["history"] or []]
    prompt = chatglm2.build_prompt(vector["query"], history)
    equal("prompt", prompt, vector["prompt"])
    equal("input_ids", tokenizer(prompt)["input_ids"], vector["input_ids"])


def check_response(_: ChatGLM2Tokenizer, vector: Mapping[str, Any]) -> None:
    """Compare ChatGLM2's tidied answer, whole and streamed character by character."""
    equal("response", chatglm2.process_response(vector["input"]), vector["output"])
    stream = chatglm2.TidyStream()
    pieces = [stream.add(character) for character in vector["input"]]
    equal("streamed response", "".join(pieces) + stream.finish(), vector["output"])


def check_single_message(tokenizer: ChatGLM2Tokenizer, vector: Mapping[str, Any]) -> None:
    """Compare the ids of one message of ChatGLM3."""
    ids = tokenizer.build_single_message(vector["role"], vector["metadata"], vector["message"])
    equal("ids", ids, vector["ids"])


def check_chat_input(tokenizer: ChatGLM2Tokenizer, vector: Mapping[str, Any]) -> None:
    """Compare the ids of a conversation of ChatGLM3."""
    parts = [part for turn in vector["history"] for part in parts_of_turn(turn)]
    parts.append(chatglm3.Part(vector["role"], "", vector["query"]))
    ids = [token for part in parts for token in tokenizer.build_single_message(part.role, part.metadata, part.content)]
    ids = tokenizer.build_inputs_with_special_tokens([*ids, tokenizer.convert_tokens_to_ids(chatglm3.ASSISTANT)])
    equal("input_ids", ids, vector["input_ids"])


def parts_of_turn(turn: Mapping[str, Any]) -> list[chatglm3.Part]:
    """Return a turn as the server writes it; one with metadata is written as it stands."""
    if turn.get("metadata"):
        return [chatglm3.Part(turn["role"], turn["metadata"], turn["content"])]
    tools = [Tool(tool["name"], tool) for tool in turn.get("tools", [])]
    role = "tool" if turn["role"] == "observation" else turn["role"]
    return chatglm3.parts_of([ChatMessage(role, turn["content"])], tools)


def check_third_response(_: ChatGLM2Tokenizer, vector: Mapping[str, Any]) -> None:
    """Compare how ChatGLM3's answer is taken apart: into turns, and the last one into text or a call."""
    parts = chatglm3.split_response(vector["output"])
    added = vector["new_history"][len(vector["history"]) :]
    equal("turns", [as_turn(part) for part in parts], added)
    last, content = parts[-1], vector["content"]
    if isinstance(content, str):
        equal("content", chatglm2.process_response(last.content), content)
        return
    equal("name", last.metadata.strip(), content["name"])
    if "parameters" in content:
        call = read_python_call(last.metadata.strip(), last.content)
        equal("parameters", call and json.loads(call.arguments), content["parameters"])
    else:
        equal("content", last.content, content["content"])


def as_turn(part: chatglm3.Part) -> dict[str, str]:
    """Return a turn in the published form."""
    return {"role": part.role, "metadata": part.metadata.strip(), "content": part.content}
