"""Answers a question out of the conversation's own context."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from glmbot.conversation.context import Budget, FittedPrompt, fit
from glmbot.errors import PromptTooLong, UserError
from glmbot.events import MessageEvent
from glmbot.hooks import Hooks
from glmbot.inference.client import InferenceClient
from glmbot.phrases import Phrase, language_of
from glmbot.prompt import Prompt
from glmbot.reply import Reply
from glmbot.storage.conversations import Conversations


class Conversation:
    """Every sender's multi-turn talk with the model."""

    def __init__(self, inference: InferenceClient, conversations: Conversations, hooks: Hooks, budget: Budget) -> None:
        self._inference = inference
        self._conversations = conversations
        self._hooks = hooks
        self._budget = budget
        self._told: set[int] = set()
        """Conversations whose senders know that older turns no longer fit; the database is not asked again."""
        self._context_length: int | None = None
        """Tokens that the model took the last time: more turns than hold so many need not be read."""

    def answer(self, conversation_id: int, event: MessageEvent, question: str) -> Reply:
        """Return the reply to `question`; the model is asked when its first piece is."""
        return self._reply(conversation_id, event, question, supersedes=None)

    async def retry(self, conversation_id: int, event: MessageEvent) -> Reply | None:
        """Return another reply to the last question, which takes the place of the first; None without one."""
        last = await self._conversations.last_turn(conversation_id)
        return self._reply(conversation_id, event, last.question, supersedes=last.turn_id) if last else None

    def _reply(self, conversation_id: int, event: MessageEvent, question: str, supersedes: int | None) -> Reply:
        reply = Reply(_nothing(), question=question, supersedes=supersedes)
        reply.pieces = self._pieces(conversation_id, event, reply)
        return reply

    async def reset(self, conversation_id: int) -> None:
        """Begin anew: what is stored stays stored, but is not seen any more."""
        await self._conversations.reset(conversation_id)
        self._told.discard(conversation_id)

    async def _pieces(self, conversation_id: int, event: MessageEvent, reply: Reply) -> AsyncGenerator[str]:
        fitted = await self._fitted_prompt(conversation_id, event, reply)
        user = f"{event.chat.adapter}:{event.sender.sender_id}"
        async with aclosing(self._inference.generate(fitted.messages, fitted.max_reply_tokens, user)) as pieces:
            async for piece in pieces:
                if piece.text:
                    yield piece.text
                if piece.completion_tokens:
                    reply.num_tokens = fitted.num_question_tokens + piece.completion_tokens
        if fitted.num_dropped and conversation_id not in self._told:
            self._told.add(conversation_id)  # before it is claimed, so that a reset meanwhile has the last word
            if await self._conversations.claim_dropped_notice(conversation_id):
                reply.notice = Phrase.TURNS_DROPPED.in_language(language_of(event))

    async def _fitted_prompt(self, conversation_id: int, event: MessageEvent, reply: Reply) -> FittedPrompt:
        assert reply.question is not None
        turns = await self._conversations.turns(conversation_id, reply.supersedes, self._context_length)
        prompt = Prompt(reply.question, tuple(reversed(turns)))
        for edit_prompt in self._hooks.edit_prompt:
            prompt = await edit_prompt(event, prompt)
        reply.system = prompt.system
        try:
            fitted = await fit(prompt, self._inference.count, self._budget)
        except PromptTooLong as error:
            raise _too_long(event, error) from error
        self._context_length = fitted.context_length
        return fitted


async def _nothing() -> AsyncGenerator[str]:
    return
    yield


def _too_long(event: MessageEvent, error: PromptTooLong) -> UserError:
    _, tokens, limit = error.args
    return UserError(Phrase.TOO_LONG.in_language(language_of(event), tokens=tokens, limit=limit))
