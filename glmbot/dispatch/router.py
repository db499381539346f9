"""Chooses what answers an event: a command, a plugin's message handler, or the conversation."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from glmbot.conversation.conversation import Conversation
from glmbot.dispatch.admin_desk import AdminDesk
from glmbot.dispatch.admission import is_wordless, words_wanted
from glmbot.dispatch.documents import Documents
from glmbot.events import MessageEvent
from glmbot.phrases import Phrase, language_of
from glmbot.plugin.context import ReplyValue
from glmbot.plugin.host import PluginHost, command_name
from glmbot.reply import Answer, Reply, text_reply
from glmbot.storage.inbox import ClaimedEvent
from glmbot.verdicts import Refusal

Handler = Callable[[], Awaitable[Reply | Refusal | None]]


class Router:
    """Knows all that can answer."""

    def __init__(self, desk: AdminDesk, plugins: PluginHost, conversation: Conversation, documents: Documents) -> None:
        self._desk = desk
        self._plugins = plugins
        self._conversation = conversation
        self._documents = documents

    async def route(self, claimed: ClaimedEvent) -> Handler:
        """Return what will answer the event when it is called."""
        event = claimed.event
        if name := command_name(event.text):
            return self._command(event, name)
        if handler := await self._plugins.match_message(event.text):
            return lambda: _reply_of(handler(event))
        return lambda: self._converse(claimed)

    async def _converse(self, claimed: ClaimedEvent) -> Reply | Refusal:
        if is_wordless(claimed.event):
            return text_reply(words_wanted(claimed.event))
        question = await self._documents.question_of(claimed)
        if isinstance(question, Refusal):
            return question
        return self._conversation.answer(claimed.conversation_id, claimed.event, question)

    def _command(self, event: MessageEvent, name: str) -> Handler:
        if self._desk.hears(event, name):
            return lambda: _reply_of(self._desk.answer(event, name))
        command = self._plugins.find_command(name)
        if command is None:
            text = Phrase.UNKNOWN_COMMAND.in_language(language_of(event), command=name)
            return lambda: _at_once(text_reply(text))
        return lambda: _reply_of(command(event))


async def _at_once(reply: Reply) -> Reply:
    return reply


async def _reply_of(value: Awaitable[ReplyValue]) -> Reply | None:
    """Turn what a plugin returned into a reply."""
    reply = await value
    if not reply:
        return None
    if isinstance(reply, Reply):
        return reply
    if isinstance(reply, Answer):
        return text_reply(reply.text, reply.buttons, reply.file)
    return text_reply(reply) if isinstance(reply, str) else Reply(_closing(reply))


async def _closing(pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
    if isinstance(pieces, AsyncGenerator):
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece
    else:
        async for piece in pieces:
            yield piece
