"""Reads what is at an address that came from outside.

Where a name leads is asked once, and the connection goes to that very address: that the name leads elsewhere a moment
later changes nothing. Redirections are looked at like any other address.
"""

import asyncio

import httpx

from glmbot.errors import FileTooLarge, NotDelivered, RetryLater, UrlRefused
from glmbot.guarded_http.guard import OUTAGE_WAIT, Guard, checked_url, name_of, origin_of

MAX_REDIRECTS = 3
DEADLINE = 30.0
"""Seconds for all of it, redirections and body included."""
LONGEST_WAIT = 60.0
BUSY = (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS)


async def fetch(url: str, max_bytes: int, guard: Guard | None = None, deadline: float = DEADLINE) -> bytes:
    """Return what is at an address.

    Raises UrlRefused for an address that is not opened, NotDelivered for one where nothing is, FileTooLarge, and
    RetryLater. The errors name the host only: the rest of an address may hold a secret.
    """
    parsed = checked_url(url)
    try:
        async with asyncio.timeout(deadline):
            return await _follow(parsed, max_bytes, guard or Guard())
    except TimeoutError as error:
        raise RetryLater(f"{name_of(parsed)!r} did not answer within {deadline:g} s", OUTAGE_WAIT) from error


async def _follow(url: httpx.URL, max_bytes: int, guard: Guard) -> bytes:
    may_be_named = True
    for _ in range(MAX_REDIRECTS + 1):
        address = await guard.address_of(url, may_be_named=may_be_named)
        answer = await _get(url, address, max_bytes, guard)
        if isinstance(answer, bytes):
            return answer
        may_be_named = may_be_named and origin_of(answer) == origin_of(url)
        url = answer
    raise NotDelivered(f"{name_of(url)!r} is not opened: more than {MAX_REDIRECTS} redirections lead there")


async def _get(url: httpx.URL, address: str, max_bytes: int, guard: Guard) -> bytes | httpx.URL:
    """Return the body, or the address that is named instead of it."""
    # A client for each: a connection that was kept could be one that was checked for another name.
    verify = guard.authorities or httpx.create_ssl_context()
    async with httpx.AsyncClient(trust_env=False, verify=verify, timeout=DEADLINE) as client:
        try:
            response = await client.send(_request(client, url, address), stream=True, follow_redirects=False)
            try:
                return await _read(response, url, max_bytes)
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise RetryLater(f"{name_of(url)!r} is out of reach: {type(error).__name__}", OUTAGE_WAIT) from None


def _request(client: httpx.AsyncClient, url: httpx.URL, address: str) -> httpx.Request:
    headers = {"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity", "User-Agent": "glmbot"}
    place = url.copy_with(host=address)
    return client.build_request("GET", place, headers=headers, extensions={"sni_hostname": name_of(url)})


async def _read(response: httpx.Response, url: httpx.URL, max_bytes: int) -> bytes | httpx.URL:
    if response.has_redirect_location:
        return _redirection(url, response.headers["Location"])
    _check_status(response, name_of(url))
    if (encoding := response.headers.get("Content-Encoding", "identity").lower()) != "identity":
        raise NotDelivered(f"{name_of(url)!r} sent it compressed ({encoding[:20]}), though none of that was asked for")
    whole = bytearray()
    async for chunk in response.aiter_raw():
        whole += chunk
        if len(whole) > max_bytes:
            raise FileTooLarge(f"a file of {name_of(url)!r} has more than {max_bytes} bytes")
    return bytes(whole)


def _redirection(url: httpx.URL, location: str) -> httpx.URL:
    try:
        target = str(url.join(location))
    except (httpx.InvalidURL, ValueError):
        raise UrlRefused(f"{name_of(url)!r} leads to an address that cannot be read") from None
    return checked_url(target)


def _check_status(response: httpx.Response, host: str) -> None:
    status = response.status_code
    if status in BUSY or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        asked = response.headers.get("Retry-After", "")
        after = float(asked) if asked.isascii() and asked.isdigit() else OUTAGE_WAIT
        raise RetryLater(f"{host!r} cannot do this now ({status})", min(after, LONGEST_WAIT))
    if status != httpx.codes.OK:
        raise NotDelivered(f"{host!r} does not give it out ({status})")
