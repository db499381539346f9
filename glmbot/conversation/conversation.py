"""Answers a question out of the conversation's own context."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from glmbot.conversation.context import Budget, FittedPrompt, fit
from glmbot.conversation.question import Question
from glmbot.errors import PromptTooLong, UserError
from glmbot.events import MessageEvent
from glmbot.hooks import Hooks
from glmbot.inference.client import InferenceClient
from glmbot.phrases import Phrase, language_of
from glmbot.prompt import Prompt
from glmbot.reply import Reply
from glmbot.storage.conversations import Conversations

FILE_SHARE = 2 / 3
"""Of the room for a prompt, what a question with files may take: the next one shall still see them."""
MIN_FILE_CHARS = 100
"""With less of its files a question is not worth asking."""


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

    def answer(self, conversation_id: int, event: MessageEvent, question: Question) -> Reply:
        """Return the reply to `question`; the model is asked when its first piece is."""
        return self._reply(conversation_id, event, question, supersedes=None)

    async def retry(self, conversation_id: int, event: MessageEvent) -> Reply | None:
        """Return another reply to the last question, which takes the place of the first; None without one."""
        last = await self._conversations.last_turn(conversation_id)
        return self._reply(conversation_id, event, Question(last.question), last.turn_id) if last else None

    def _reply(self, conversation_id: int, event: MessageEvent, question: Question, supersedes: int | None) -> Reply:
        reply = Reply(_nothing(), question=question.text, supersedes=supersedes)
        reply.pieces = self._pieces(conversation_id, event, question, reply)
        return reply

    async def reset(self, conversation_id: int) -> None:
        """Begin anew: what is stored stays stored, but is not seen any more."""
        await self._conversations.reset(conversation_id)
        self._told.discard(conversation_id)

    async def _pieces(
        self, conversation_id: int, event: MessageEvent, question: Question, reply: Reply
    ) -> AsyncGenerator[str]:
        fitted, notices = await self._fitted_prompt(conversation_id, event, question, reply)
        user = f"{event.chat.adapter}:{event.sender.sender_id}"
        async with aclosing(self._inference.generate(fitted.messages, fitted.max_reply_tokens, user)) as pieces:
            async for piece in pieces:
                if piece.place and reply.on_place:
                    reply.on_place(piece.place)
                if piece.text:
                    yield piece.text
                if piece.completion_tokens:
                    reply.num_tokens = fitted.num_question_tokens + piece.completion_tokens
        if fitted.num_dropped and conversation_id not in self._told:
            self._told.add(conversation_id)  # before it is claimed, so that a reset meanwhile has the last word
            if await self._conversations.claim_dropped_notice(conversation_id):
                notices.append(Phrase.TURNS_DROPPED.in_language(language_of(event)))
        reply.notice = "\n".join(notices) or None

    async def _fitted_prompt(
        self, conversation_id: int, event: MessageEvent, question: Question, reply: Reply
    ) -> tuple[FittedPrompt, list[str]]:
        """Return the prompt, and what the sender is told of files: they are cut until it fits."""
        turns = await self._conversations.turns(conversation_id, reply.supersedes, self._context_length)
        share, room = FILE_SHARE if question.files else 1.0, question.num_file_chars
        while True:
            reply.question = question.written(room)
            try:
                fitted = await self._fit(event, Prompt(reply.question, tuple(reversed(turns))), reply, share)
                return fitted, question.notices_for(room)
            except PromptTooLong as error:
                _, num_tokens, limit = error.args
                room = question.smaller(room, num_tokens, limit)
                if room < MIN_FILE_CHARS:
                    raise _too_long(event, error) from error

    async def _fit(self, event: MessageEvent, prompt: Prompt, reply: Reply, share: float) -> FittedPrompt:
        for edit_prompt in self._hooks.edit_prompt:
            prompt = await edit_prompt(event, prompt)
        reply.system = prompt.system
        fitted = await fit(prompt, self._inference.count, self._budget, share)
        self._context_length = fitted.context_length
        return fitted


async def _nothing() -> AsyncGenerator[str]:
    return
    yield


def _too_long(event: MessageEvent, error: PromptTooLong) -> UserError:
    _, tokens, limit = error.args
    return UserError(Phrase.TOO_LONG.in_language(language_of(event), tokens=tokens, limit=limit))
