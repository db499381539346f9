"""ChatGLM3-6B's way of writing a conversation: a role's mark, a line of metadata, the content."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from glmbot.serving.chat.conversation import ChatMessage, Tool, check_last_message, check_tool_results
from glmbot.serving.chat.tool_calls import write_call

ASSISTANT = "<|assistant|>"
ENDING_ROLES = ("<|user|>", "<|observation|>")
"""The model writes one of these marks where the turn passes to another: the user, or the tool that it called."""
TOOLS_OPENING = "Answer the following questions as best as you can. You have access to the following tools:"
"""The published system text for tools, for a conversation that has none of its own."""


class RoleEncoder(Protocol):
    """What a tokenizer must offer."""

    def build_single_message(self, role: str, metadata: str, message: str) -> list[int]:
        """Return the ids of a message: the role's mark, the line of metadata, the content."""

    def build_inputs_with_special_tokens(self, token_ids_0: list[int]) -> list[int]:
        """Put [gMASK] and sop in front."""

    def convert_tokens_to_ids(self, tokens: str) -> int:
        """Return the id of a mark."""


@dataclass(frozen=True, slots=True)
class Part:
    """What stands after one role's mark."""

    role: str
    metadata: str
    content: str


def encode_chat(tokenizer: RoleEncoder, messages: Sequence[ChatMessage], tools: Sequence[Tool] = ()) -> list[int]:
    """Return the prompt of a conversation, which ends with the assistant's mark.

    Marks like `<|user|>` inside a message are plain text. Raises ConversationError when there is nothing to answer,
    or when calls and results of tools do not match.
    """
    check_last_message(messages)
    check_tool_results(messages)
    ids = [
        token
        for part in parts_of(messages, tools)
        for token in tokenizer.build_single_message(part.role, part.metadata, part.content)
    ]
    return tokenizer.build_inputs_with_special_tokens([*ids, tokenizer.convert_tokens_to_ids(ASSISTANT)])


def parts_of(messages: Sequence[ChatMessage], tools: Sequence[Tool] = ()) -> list[Part]:
    """Return a conversation in the model's own roles; the tools stand in the first system message, as published."""
    parts = [part for message in messages for part in _parts_of_message(message)]
    if not tools:
        return parts
    is_opened = parts[:1] and parts[0].role == "system"
    opening = parts[0].content if is_opened else TOOLS_OPENING
    definitions = json.dumps([tool.definition for tool in tools], indent=4, ensure_ascii=False)
    return [Part("system", "", f"{opening}\n{definitions}"), *(parts[1:] if is_opened else parts)]


def _parts_of_message(message: ChatMessage) -> Iterator[Part]:
    """Yield the message's content, and then each of its calls, which the model writes as turns of their own."""
    role = "observation" if message.role == "tool" else message.role
    if message.content or not message.tool_calls:
        yield Part(role, "", message.content)
    for call in message.tool_calls:
        yield Part(role, call.name, write_call(call))


def split_response(text: str) -> list[Part]:
    """Return the turns of a whole answer. The first line of each is its metadata: a tool's name, or nothing."""
    return [_split_turn(turn) for turn in text.split(ASSISTANT)]


def _split_turn(turn: str) -> Part:
    metadata, line_end, content = turn.partition("\n")
    if not line_end:
        metadata, content = "", turn
    return Part("assistant", metadata, content if metadata.strip() else content.strip())
