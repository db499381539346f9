"""POST /classify: what the classifier beside the model makes of a text."""

import asyncio
from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel
from starlette.responses import Response

from glmbot.serving.api.errors import ApiError
from glmbot.serving.api.message_schemas import Body
from glmbot.serving.classifier import Classifier

FindClassifier = Callable[[], Classifier | None]


class ClassifyRequest(Body):
    """Body of POST /classify."""

    model: str | None = None
    input: str


class ClassifiedText(BaseModel):
    """A text's label and probabilities, as vLLM has them; `labels` names all, in the order of `probs`."""

    index: int = 0
    label: str
    probs: list[float]
    num_classes: int
    labels: list[str]


class ClassifyReply(BaseModel):
    """Answer of POST /classify."""

    object: Literal["list"] = "list"
    data: list[ClassifiedText]


class ClassifyEndpoint:
    """Classifies one text at a time, in a thread."""

    def __init__(self, find: FindClassifier) -> None:
        self._find = find
        self._turn = asyncio.Lock()

    async def answer(self, body: ClassifyRequest) -> Response:
        """Answer a request; 404 where there is no classifier."""
        if (classifier := self._find()) is None:
            raise ApiError(404, "this server has no classifier; start it with --classifier", code="no_classifier")
        async with self._turn:
            found = await asyncio.to_thread(classifier.classify, body.input)
        best = max(range(len(found.labels)), key=found.probabilities.__getitem__)
        text = ClassifiedText(
            label=found.labels[best],
            probs=list(found.probabilities),
            num_classes=len(found.labels),
            labels=list(found.labels),
        )
        return Response(ClassifyReply(data=[text]).model_dump_json(), media_type="application/json")
