"""Reads the body of a request, up to a bound."""

from starlette.requests import ClientDisconnect, Request


class BodyRefused(Exception):
    """A body is larger than allowed (413), or did not come whole (400)."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the body is refused with {status}")
        self.status = status


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return a body. Raises BodyRefused; of a larger one no more is read."""
    whole = bytearray()
    try:
        async for chunk in request.stream():
            whole += chunk
            if len(whole) > max_bytes:
                raise BodyRefused(413)
    except ClientDisconnect:
        raise BodyRefused(400) from None
    return bytes(whole)
