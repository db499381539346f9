"""The chat template of a checkpoint, rendered in transformers' sandbox, and the forms in which it takes tools."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, cast

import jinja2
from transformers import PreTrainedTokenizerBase

from glmbot.errors import CheckpointError
from glmbot.serving.chat.conversation import ChatMessage, ConversationError, Tool, ToolCall, ToolsNotSupported
from glmbot.serving.chat.tool_calls import read_arguments

Plain = dict[str, object]
ToolsForm = Literal["argument", "message"]
"""Most templates take the tools beside the messages; GLM-4's first one looks for them in a system message."""
CallsForm = Literal["tool_calls", "metadata"]
"""Most templates know `tool_calls` and role "tool"; GLM-4's know a call's name as metadata, and "observation"."""

ZERO_WIDTH_SPACE = "\u200b"
TEMPLATE_ERRORS = (jinja2.TemplateError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What rendering may raise: the template's own refusals, and its mistakes on a message that it did not expect."""
PROBE = Tool("probe_name", {"name": "probe_name", "description": "", "parameters": {"type": "object"}})
PROBED_ID = "abcdefghi"
PROBED_CALL = ChatMessage("assistant", "", (ToolCall(PROBE.name, "{}", PROBED_ID),))
PROBED_RESULT = ChatMessage("tool", "probe_result", tool_call_id=PROBED_ID)


class ChatTemplate:
    """Writes conversations as the checkpoint's model was trained to read them."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        """Raises CheckpointError when there is no template, or one that cannot be used."""
        self._tokenizer = tokenizer
        self._source = _source(tokenizer)
        self._specials = _special_pattern(tokenizer)
        asked = [ChatMessage("user", "x")]
        try:
            self._render(self._plain(asked, "tool_calls"))
        except ConversationError as error:
            raise CheckpointError(f"{_place(tokenizer)}: {error}; get one that takes a user's message") from error
        self._tools_form = self._tools_form_of(asked)
        self._calls_form = self._calls_form_of([*asked, PROBED_CALL, PROBED_RESULT])

    def write(self, messages: Sequence[ChatMessage], tools: Sequence[Tool]) -> str:
        """Write a conversation up to where the answer begins. Raises ConversationError, with a reason.

        Special tokens inside a message are kept from being taken for such: a space without width breaks them.
        """
        has_calls = any(message.tool_calls or message.role == "tool" for message in messages)
        if (tools and not self._tools_form) or (has_calls and not self._calls_form):
            raise ToolsNotSupported("the chat template of this model has no place for tools; leave the field out")
        plain = self._plain(messages, self._calls_form or "tool_calls")
        return self._render_with_tools(plain, tools, self._tools_form) if tools else self._render(plain)

    def _tools_form_of(self, messages: Sequence[ChatMessage]) -> ToolsForm | None:
        """Find out how the template takes tools: what it does not know it leaves out in silence."""
        plain = self._plain(messages, "tool_calls")
        forms: tuple[ToolsForm, ...] = ("argument", "message")
        return next((form for form in forms if self._takes_tools(plain, form)), None)

    def _takes_tools(self, plain: Sequence[Plain], form: ToolsForm) -> bool:
        try:
            return PROBE.name in self._render_with_tools(plain, [PROBE], form)
        except ConversationError:
            return False

    def _calls_form_of(self, messages: Sequence[ChatMessage]) -> CallsForm | None:
        """Find out how the template takes calls and their results."""
        forms: tuple[CallsForm, ...] = ("tool_calls", "metadata")
        return next((form for form in forms if self._takes_calls(messages, form)), None)

    def _takes_calls(self, messages: Sequence[ChatMessage], form: CallsForm) -> bool:
        try:
            text = self._render(self._plain(messages, form))
        except ConversationError:
            return False
        return PROBE.name in text and PROBED_RESULT.content in text

    def _render_with_tools(self, plain: Sequence[Plain], tools: Sequence[Tool], form: ToolsForm | None) -> str:
        functions: list[object] = [{"type": "function", "function": self._defused(tool.definition)} for tool in tools]
        if form == "message":
            return self._render([{"role": "system", "content": "", "tools": functions}, *plain])
        return self._render(plain, functions)

    def _render(self, plain: Sequence[Plain], functions: Sequence[object] | None = None) -> str:
        try:
            text = self._tokenizer.apply_chat_template(
                cast(list[dict[str, str]], plain),
                tools=cast(list[dict[Any, Any] | Callable[..., Any]] | None, functions),
                chat_template=self._source,
                tokenize=False,
                add_generation_prompt=True,
            )
        except TEMPLATE_ERRORS as error:
            raise ConversationError(f"the chat template of this model refuses them: {str(error)[:200]}") from error
        return str(text)

    def _plain(self, messages: Sequence[ChatMessage], form: CallsForm) -> list[Plain]:
        """Return the messages as the template expects them."""
        as_plain = _with_calls if form == "tool_calls" else _with_metadata
        return [cast(Plain, self._defused(plain)) for message in messages for plain in as_plain(message)]

    def _defused(self, value: object) -> object:
        """Break the special tokens in all texts of a JSON value."""
        if isinstance(value, str):
            while self._specials and (broken := self._specials.sub(_break, value)) != value:
                value = broken
            return value
        if isinstance(value, Mapping):
            return {self._defused(key): self._defused(item) for key, item in value.items()}
        return [self._defused(item) for item in value] if isinstance(value, list) else value


def _source(tokenizer: PreTrainedTokenizerBase) -> str:
    try:
        return str(tokenizer.get_chat_template())
    except ValueError as error:
        raise CheckpointError(
            f"{_place(tokenizer)} has no chat template, so it is no chat model; take the variant for chat (its name "
            "often ends in -chat, -instruct or -it), or add its chat_template.jinja"
        ) from error


def _place(tokenizer: PreTrainedTokenizerBase) -> str:
    return f"the tokenizer in {tokenizer.name_or_path!r}"


def _special_pattern(tokenizer: PreTrainedTokenizerBase) -> re.Pattern[str] | None:
    """Return what finds the special tokens of more than one character, the longest first."""
    added = {str(token.content) for token in tokenizer.added_tokens_decoder.values() if token.special}
    tokens = sorted({*added, *map(str, tokenizer.all_special_tokens)}, key=len, reverse=True)
    marks = [re.escape(token) for token in tokens if len(token) > 1]
    return re.compile("|".join(marks)) if marks else None


def _break(found: re.Match[str]) -> str:
    return f"{found[0][0]}{ZERO_WIDTH_SPACE}{found[0][1:]}"


def _with_calls(message: ChatMessage) -> list[Plain]:
    """Return the message in the common form: arguments as an object, not as text."""
    plain: Plain = {"role": message.role, "content": message.content}
    if message.tool_calls:
        plain["tool_calls"] = [
            {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": read_arguments(call)}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        plain["tool_call_id"] = message.tool_call_id
    return [plain]


def _with_metadata(message: ChatMessage) -> list[Plain]:
    """Return the message in GLM-4's form: each call a turn of its own, its name as metadata."""
    role = "observation" if message.role == "tool" else message.role
    calls: list[Plain] = [
        {"role": role, "metadata": call.name, "content": call.arguments} for call in message.tool_calls
    ]
    return [{"role": role, "content": message.content}, *calls] if message.content or not calls else calls
