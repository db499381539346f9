"""Turns away what no page of ours sends, and tells browsers what a page of ours may do."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Checks `Host` and `Origin` of every request, and adds the headers of safety to every answer.

    On loopback, a foreign name for this machine (DNS rebinding) is refused. What changes anything must come from a
    page of ours: its `Origin` is the `Host` it was asked from, or the address that `public_url` names.
    """

    def __init__(self, app: ASGIApp, public_url: str | None, is_loopback: bool) -> None:
        self._app = app
        self._public_url = public_url
        self._is_loopback = is_loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        is_reading = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if self._is_our_host(headers) and (is_reading or self._is_our_page(headers)):
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # before it is accepted: 403
        else:
            await _with_headers(send)({"type": "http.response.start", "status": 403, "headers": []})
            await send({"type": "http.response.body", "body": b"403: this address or page is not known here\n"})

    def _is_our_host(self, headers: Headers) -> bool:
        if not self._is_loopback:
            return True
        host = headers.get("host", "").lower()
        is_public = self._public_url is not None and host == urlsplit(self._public_url).netloc
        return is_public or _name_in(host) in LOOPBACK_NAMES

    def _is_our_page(self, headers: Headers) -> bool:
        origin = headers.get("origin", "").lower()
        host = headers.get("host", "").lower()
        return bool(host) and origin in (f"http://{host}", f"https://{host}", self._public_url)


def _name_in(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sending
