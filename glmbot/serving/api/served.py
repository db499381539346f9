"""The one model of the server, as its endpoints find it."""

import asyncio
from collections.abc import Sequence

from glmbot.serving.api.errors import ApiError, unavailable
from glmbot.serving.api.message_schemas import Message
from glmbot.serving.chat.conversation import ConversationError, Tool, ToolsNotSupported
from glmbot.serving.engine.thread import EngineThread
from glmbot.serving.loaded_model import LoadedModel


class Served:
    """The engine, and the name under which its model is asked for."""

    def __init__(self, engine: EngineThread, model_name: str) -> None:
        self.engine = engine
        self.model_name = model_name

    def loaded_model(self) -> LoadedModel:
        """Return the model, or refuse with 503 while there is none."""
        if loaded := self.engine.loaded:
            return loaded
        raise unavailable("the model is still loading; try again in a few seconds", "model_loading")

    def check_name(self, name: str | None) -> None:
        """Refuse a model that is not ours."""
        if name not in (None, self.model_name):
            message = f"the model {name[:100]!r} is not served here; the one that is: {self.model_name!r}"
            raise ApiError(404, message, param="model", code="model_not_found")


async def encode_chat(loaded: LoadedModel, messages: Sequence[Message], tools: Sequence[Tool]) -> list[int]:
    """Return the prompt, or refuse with 400 what the model's chat format has no place for."""
    plain = [message.plain for message in messages]
    try:
        return await asyncio.to_thread(loaded.chat.encode_chat, plain, tools)
    except ConversationError as error:
        field = "tools" if isinstance(error, ToolsNotSupported) else "messages"
        raise ApiError(400, f"{field}: {error}", param=field) from error
