"""Asks the classifier beside the model how probable it is that a text is an injection."""

import asyncio
import logging

import httpx
from pydantic import BaseModel, ValidationError

from glmbot.errors import InferenceUnavailable
from glmbot.inference.client import EndpointSource

logger = logging.getLogger(__name__)


class _Text(BaseModel):
    labels: list[str]
    probs: list[float]


class _Reply(BaseModel):
    data: list[_Text]


class InjectionClassifier:
    """Asks POST /classify of the model server."""

    def __init__(self, source: EndpointSource, label: str, timeout: float, trust_env: bool = False) -> None:
        """Take the probability of `label`; `timeout` is in seconds. With `trust_env` the system's proxies are used."""
        self._source = source
        self._label = label
        self._timeout = timeout
        self._http = httpx.AsyncClient(timeout=timeout, trust_env=trust_env)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def probability(self, text: str) -> float | None:
        """Return the probability that a text is an injection, None where there is no answer in time."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._ask(text)
        except (TimeoutError, InferenceUnavailable, httpx.HTTPError, ValidationError, ValueError) as error:
            logger.error("the classifier gave no answer, the text is blocked: %s", _reason(error))
            return None

    async def _ask(self, text: str) -> float:
        endpoint = await self._source.endpoint()
        headers = {"Authorization": f"Bearer {endpoint.token}"} if endpoint.token else {}
        url = f"{endpoint.url.removesuffix('/v1')}/classify"
        response = await self._http.post(url, json={"input": text}, headers=headers)
        response.raise_for_status()
        found = _Reply.model_validate_json(response.content).data[0]
        if self._label not in found.labels:
            raise ValueError(f"it has no label {self._label!r}; set safety.classifier_label to one of {found.labels}")
        return found.probs[found.labels.index(self._label)]


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if not isinstance(error, ValidationError) else "its answer has no labels"
