"""The HTTP API: its paths, and the short answers: health, models, tokenize, classify."""

import asyncio
import time

from pydantic import BaseModel, SecretStr
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from glmbot.serving.api.body import read_body
from glmbot.serving.api.classify import ClassifyEndpoint, ClassifyRequest, FindClassifier
from glmbot.serving.api.completions import Completions
from glmbot.serving.api.errors import handle_http_error, handle_unexpected_error
from glmbot.serving.api.middleware import OPEN_PATH, RequestLog, TokenCheck
from glmbot.serving.api.replies import Health, ModelCard, ModelList, TokenizeReply
from glmbot.serving.api.schemas import TokenizeRequest
from glmbot.serving.api.served import Served, encode_chat
from glmbot.serving.engine.thread import EngineThread


def no_classifier() -> None:
    """Find no classifier."""


def build_app(
    engine: EngineThread, model_name: str, token: SecretStr | None, find_classifier: FindClassifier = no_classifier
) -> Starlette:
    """Return the whole HTTP application."""
    served = Served(engine, model_name)
    api = _Api(served, ClassifyEndpoint(find_classifier))
    routes = [
        Route(OPEN_PATH, api.health, methods=["GET"]),
        Route("/v1/models", api.models, methods=["GET"]),
        Route("/v1/chat/completions", Completions(served), methods=["POST"]),
        Route("/tokenize", api.tokenize, methods=["POST"]),
        Route("/classify", api.classify, methods=["POST"]),
    ]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(RequestLog, paths=frozenset(route.path for route in routes)),
            Middleware(TokenCheck, token=token),
        ],
        exception_handlers={HTTPException: handle_http_error, Exception: handle_unexpected_error},
    )


class _Api:
    """The short answers."""

    def __init__(self, served: Served, classifying: ClassifyEndpoint) -> None:
        self._served = served
        self._classifying = classifying
        self._started_at = int(time.time())

    async def health(self, _: HttpRequest) -> Response:
        """Tell whether the model is loaded; 503 while it is not."""
        if loaded := self._served.engine.loaded:
            engine = loaded.engine
            health = Health(
                status="ready",
                model=self._served.model_name,
                num_running=engine.num_running,
                num_waiting=engine.num_waiting,
                num_tokens=engine.num_tokens,
                max_tokens=engine.max_tokens,
            )
            return _json(health)
        return _json(Health(status="loading", model=self._served.model_name), status=503)

    async def models(self, _: HttpRequest) -> Response:
        """List the one model."""
        max_length = self._served.loaded_model().max_length
        card = ModelCard(id=self._served.model_name, created=self._started_at, max_model_len=max_length)
        return _json(ModelList(data=[card]))

    async def tokenize(self, http: HttpRequest) -> Response:
        """Count the tokens of a prompt."""
        body = await read_body(http, TokenizeRequest)
        loaded = self._served.loaded_model()
        self._served.check_name(body.model)
        if body.messages:
            tokens = await encode_chat(loaded, body.messages, [tool.plain for tool in body.tools or []])
        else:
            tokens = await asyncio.to_thread(loaded.chat.encode, body.prompt or "")
        return _json(TokenizeReply(count=len(tokens), max_model_len=loaded.max_length, tokens=tokens))

    async def classify(self, http: HttpRequest) -> Response:
        """Say what the classifier makes of a text."""
        body = await read_body(http, ClassifyRequest)
        self._served.loaded_model()
        return await self._classifying.answer(body)


def _json(body: BaseModel, status: int = 200) -> Response:
    return JSONResponse(body.model_dump(), status)
