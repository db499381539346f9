"""Errors over HTTP, in OpenAI's form."""

from collections.abc import Mapping

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from glmbot.serving.api.replies import ErrorBody, ErrorDetail
from glmbot.serving.engine.sequence import FinishReason

SERVER_ERRORS_FROM = 500
RATE_LIMIT = 429
LOADING_RETRY_AFTER = 5


class ApiError(HTTPException):
    """An answer other than 200; `param` names the field at fault."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, headers)
        self.param = param
        self.code = code


def bad_request(error: ValidationError) -> ApiError:
    """Name the first field at fault; the value is not repeated, since it may be a whole conversation."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return ApiError(400, f"the body is not valid JSON: {first['msg'].removeprefix('Invalid JSON: ')}")
    field = _field(first["loc"])
    if first["type"] == "extra_forbidden":
        return ApiError(400, f"{field}: this server does not know this field; leave it out", param=field)
    reason = first["msg"].removeprefix("Value error, ")
    return ApiError(400, f"{field}: {reason}" if field else reason, param=field)


def _field(location: tuple[int | str, ...]) -> str | None:
    """Write a location the way OpenAI does: messages[0].content."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in location]
    return "".join(steps).removeprefix(".") or None


def error_detail(error: HTTPException) -> ErrorDetail:
    """Return what the client is told."""
    known = error if isinstance(error, ApiError) else ApiError(error.status_code, error.detail)
    return ErrorDetail(message=known.detail, type=_type(known.status_code), param=known.param, code=known.code)


def failure(finish: FinishReason) -> ApiError:
    """Return what the client is told of an answer that ended so."""
    match finish:
        case "not_finite":
            message = (
                "the model's scores for this request are no numbers: its checkpoint is damaged, or wants another "
                "precision; other requests may well be answered"
            )
            return ApiError(500, message, code="scores_not_finite")
        case "timeout":
            return ApiError(503, "the answer took longer than the request's 'timeout' allows", code="timeout")
        case "not_begun":
            return ApiError(503, "the answer could not be begun in time; try again later", code="waited_too_long")
        case _:
            message = "the model failed on this request; the server's log says why"
            return ApiError(500, message, code="generation_failed")


def unavailable(message: str, code: str) -> ApiError:
    """Return what a client is told that may ask again soon."""
    return ApiError(503, message, code=code, headers={"Retry-After": str(LOADING_RETRY_AFTER)})


def _type(status: int) -> str:
    if status == RATE_LIMIT:
        return "rate_limit_error"
    return "server_error" if status >= SERVER_ERRORS_FROM else "invalid_request_error"


def error_response(error: HTTPException) -> Response:
    """Return the error as an answer."""
    body = ErrorBody(error=error_detail(error)).model_dump()
    return JSONResponse(body, error.status_code, headers=error.headers)


async def handle_http_error(_: Request, error: Exception) -> Response:
    """Answer an error that a handler or the router raised on purpose."""
    assert isinstance(error, HTTPException)
    return error_response(error)


async def handle_unexpected_error(_: Request, __: Exception) -> Response:
    """Answer a bug without its details; they are in the log."""
    return error_response(ApiError(500, "the server failed; its log says why"))
