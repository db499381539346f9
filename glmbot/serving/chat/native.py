"""The text side of transformers' own models: the tokenizer and the chat template that come with the checkpoint."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from glmbot.errors import CheckpointError
from glmbot.serving.chat.chatglm2 import TidyStream
from glmbot.serving.chat.conversation import ChatMessage, Tool, ToolCall, check_last_message, check_tool_results
from glmbot.serving.chat.template import ChatTemplate
from glmbot.serving.chat.token_bytes import TokenBytes
from glmbot.serving.chat.tool_calls import read_json_call
from glmbot.serving.chat.tool_streams import CallForm, NamedCallStream, TaggedCallStream
from glmbot.serving.engine.detokenizer import Detokenizer

JSON_CALL = CallForm("{", read_json_call)
VOCABULARIES = ("tokenizer.json", "vocab.json", "vocab.txt", "tekken.json", "*.model", "*.tiktoken")
REMEDY = "fetch the model again, with all its files"


def load_native_tokenizer(directory: Path) -> PreTrainedTokenizerBase:
    """Read the tokenizer of a checkpoint, running none of its code. Raises CheckpointError.

    The library would make an empty tokenizer where there is no vocabulary, so that is looked for first.
    """
    if not any(next(directory.glob(pattern), None) for pattern in VOCABULARIES):
        raise CheckpointError(f"{str(directory)!r} has no vocabulary, such as tokenizer.json; {REMEDY}")
    try:
        return cast(
            PreTrainedTokenizerBase,
            AutoTokenizer.from_pretrained(str(directory), local_files_only=True, trust_remote_code=False),
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError, ImportError) as error:
        reason = str(error).partition("\n")[0]
        raise CheckpointError(f"the tokenizer in {str(directory)!r} cannot be read: {reason}; {REMEDY}") from error


class NativeText:
    """A tokenizer of transformers and its chat template.

    Its end mark is the tokenizer's; chat models often have more, which stand in generation_config.json.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        """Raises CheckpointError when there is no chat template, or one that cannot be used."""
        self._tokenizer = tokenizer
        self._template = ChatTemplate(tokenizer)
        self._token_bytes = TokenBytes(tokenizer)
        end = tokenizer.eos_token_id
        self.end_tokens: frozenset[int] = frozenset() if end is None else frozenset({int(cast(int, end))})

    def encode_chat(self, messages: Sequence[ChatMessage], tools: Sequence[Tool] = ()) -> list[int]:
        """Return the prompt for a conversation. Raises ConversationError, with a reason, where there is none."""
        check_last_message(messages)
        check_tool_results(messages)
        return self._ids(self._template.write(messages, tools), add_special_tokens=False)

    def encode(self, text: str) -> list[int]:
        """Return the prompt for bare text."""
        return self._ids(text, add_special_tokens=True)

    def token_bytes(self, token: int) -> bytes:
        """Return the text of one token in UTF-8, perhaps a part of a character; of a mark its name."""
        return self._token_bytes(token)

    def new_response(self, tools: Sequence[Tool] = ()) -> "NativeResponse":
        """Begin an answer, in which these tools may be called."""
        return NativeResponse(NativeDecoder(self._tokenizer), [tool.name for tool in tools])

    def _ids(self, text: str, *, add_special_tokens: bool) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=add_special_tokens)["input_ids"])


class NativeDecoder:
    """A tokenizer of transformers as the detokenizer needs it."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer

    def decode_text(self, ids: list[int]) -> str:
        """Return the text of ids; special ones give none."""
        text = self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return str(text)

    def num_unfinished(self, text: str) -> int:
        """Count the last characters that the next token may still rewrite: none."""
        return 0


class NativeResponse:
    """The tokens of one answer as text, without space around it, and as calls of tools.

    Two common forms are understood: GLM-4's line with the tool's name above a JSON object, and JSON between the tags
    `<tool_call>` and `</tool_call>`. A call in any other form is shown as text.
    """

    drops_token_at_limit = False

    def __init__(self, decoder: NativeDecoder, names: Sequence[str]) -> None:
        self._detokenizer = Detokenizer(decoder)
        self._named = NamedCallStream(JSON_CALL, names, TidyStream(is_marked=False))
        self._tagged = TaggedCallStream(names, TidyStream(is_marked=False))

    @property
    def tool_calls(self) -> Sequence[ToolCall]:
        """The calls; complete after `finish`."""
        return [self._named.call] if self._named.call else self._tagged.calls

    def add(self, token: int) -> str:
        """Take one token; return the text that is certain by now."""
        return self._tagged.add(self._named.add(self._detokenizer.add(token)))

    def finish(self) -> str:
        """Return the text that was still held back."""
        rest = self._named.add(self._detokenizer.finish()) + self._named.finish()
        return self._tagged.add(rest) + self._tagged.finish()
