"""Lets an HTTP client take in no more of an answer than a bound, however much comes."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx

HEAD = 200

Hooks = dict[str, list[Callable[..., Awaitable[None]]]]


class AnswerRefused(httpx.ReadError):
    """An answer is too large, or compressed, which hides how large it is. `head` is how it begins, if it was read."""

    def __init__(self, message: str, head: bytes = b"") -> None:
        super().__init__(message)
        self.head = head


def bounds(max_bytes: int) -> Hooks:
    """Return the `event_hooks` of a client that refuses longer answers, and compressed ones.

    A compressed answer grows a thousandfold before anybody can count it, and we have asked for none.
    """

    async def ask_for_plain(request: httpx.Request) -> None:
        request.headers["Accept-Encoding"] = "identity"

    async def bound(response: httpx.Response) -> None:
        encoding = response.headers.get("Content-Encoding", "identity").lower()
        if encoding != "identity":
            raise AnswerRefused(f"the answer is compressed ({encoding[:20]}), though none was asked for")
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Bounded(response.stream, max_bytes)

    return {"request": [ask_for_plain], "response": [bound]}


class _Bounded(httpx.AsyncByteStream):
    """Gives an answer out in one piece: joining many takes the memory twice."""

    def __init__(self, stream: httpx.AsyncByteStream, max_bytes: int) -> None:
        self._stream = stream
        self._max_bytes = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        whole = io.BytesIO()
        async for chunk in self._stream:
            whole.write(chunk)
            if whole.tell() > self._max_bytes:
                head = bytes(whole.getbuffer()[:HEAD])
                whole.close()  # not only when nobody holds the error any more
                raise AnswerRefused(f"the answer has more than {self._max_bytes} bytes", head)
        yield whole.getvalue()

    async def aclose(self) -> None:
        await self._stream.aclose()
