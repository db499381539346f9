"""Reads the body of a request, up to a limit, and checks it."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from glmbot.serving.api.errors import ApiError, bad_request

MAX_BODY_BYTES = 1024 * 1024
MAX_DISCARDED_BYTES = 16 * MAX_BODY_BYTES
"""A body that is too large is read to its end up to here, so that the client gets to see the refusal."""

Body = TypeVar("Body", bound=BaseModel)


async def read_body(http: Request, model: type[Body]) -> Body:
    """Read and check the body. Raises ApiError."""
    try:
        return model.model_validate_json(await _read_bytes(http))
    except ValidationError as error:
        raise bad_request(error) from error
    except ClientDisconnect as error:
        raise ApiError(400, "the connection was closed in the middle of the body") from error


async def _read_bytes(http: Request) -> bytes:
    content = bytearray()
    num_bytes = 0
    async for part in http.stream():
        num_bytes += len(part)
        if num_bytes <= MAX_BODY_BYTES:
            content += part
        elif num_bytes > MAX_DISCARDED_BYTES:
            break
    if num_bytes > MAX_BODY_BYTES:
        raise ApiError(413, f"the body is larger than {MAX_BODY_BYTES} bytes; shorten the messages")
    return bytes(content)
