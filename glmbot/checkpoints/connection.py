"""HTTP to the places that publish models: what may be tried again, and what the user must mend."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus

import httpx
from pydantic import SecretStr

from glmbot.errors import ConfigError, RetryLater

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
MAX_REDIRECTS = 10
LIST_ATTEMPTS = 4
MAX_ANSWER_BYTES = 50_000_000
"""A list of files is far smaller."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often something is tried, and how long to wait in between (seconds, doubling)."""

    max_attempts: int = 8
    first_wait: float = 1.0
    longest_wait: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def wait(self, attempt: int, error: RetryLater) -> None:
        """Wait after a failed attempt, the first being 1. Raises ConfigError after the last one."""
        if attempt >= self.max_attempts:
            raise ConfigError(f"{error}; tried {attempt} times. Run the same command again to go on") from error
        self.sleep(min(max(error.after, self.first_wait * 2 ** (attempt - 1)), self.longest_wait))


class Connection:
    """A client for one publisher. Redirects to other hosts lose the token: httpx drops it there."""

    def __init__(self, endpoint: str, token: SecretStr | None, token_variable: str, patience: Patience) -> None:
        self.endpoint = endpoint.rstrip("/")
        self.patience = patience
        if not self.endpoint.startswith(("https://", "http://")):
            raise ConfigError(f"the address {endpoint!r} begins with neither https:// nor http://; mend it")
        self._token_variable = token_variable
        self._has_token = token is not None
        headers = {"User-Agent": "glmbot", "Accept-Encoding": "identity"}
        if token:
            headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        try:
            self._client = httpx.Client(
                headers=headers, timeout=TIMEOUT, follow_redirects=True, max_redirects=MAX_REDIRECTS
            )
        except (ValueError, httpx.InvalidURL) as error:  # a proxy's address, or a token with characters of no header
            raise ConfigError(f"{token_variable} or a proxy variable holds what cannot be used; mend it") from error

    def close(self) -> None:
        """Close what is open."""
        self._client.close()

    def get_json(self, path: str, what: str) -> object:
        """Return the JSON at a path of the publisher. Raises ConfigError, naming `what` was asked for."""
        patience = replace(self.patience, max_attempts=min(self.patience.max_attempts, LIST_ATTEMPTS))
        for attempt in range(1, patience.max_attempts + 1):
            try:
                return self._read_json(f"{self.endpoint}{path}", what)
            except RetryLater as error:
                patience.wait(attempt, error)
        raise AssertionError("the last attempt raises")

    @contextmanager
    def stream(self, url: str, what: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """Open a download; 416 is an answer too. Raises RetryLater for what may pass, ConfigError for what will not."""
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                if response.status_code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    self._check(response, what)
                yield response
        except (httpx.TooManyRedirects, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise ConfigError(f"{what}: {self.endpoint!r} redirects without end or to no address") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise RetryLater(f"{what}: {_reason(error)}", 0.0) from error

    def _read_json(self, url: str, what: str) -> object:
        with self.stream(url, what, {}) as response:
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > MAX_ANSWER_BYTES:
                    raise ConfigError(f"{what}: {self.endpoint!r} answers without end; check the endpoint")
            try:
                return httpx.Response(HTTPStatus.OK, content=bytes(body)).json()
            except (ValueError, RecursionError) as error:
                raise ConfigError(f"{what}: {self.endpoint!r} did not answer in JSON; check the endpoint") from error

    def _check(self, response: httpx.Response, what: str) -> None:
        status, code = response.status_code, response.headers.get("X-Error-Code", "")
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RetryLater(f"{what}: {self.endpoint!r} answers {status}", _retry_after(response))
        if (code in ("RepoNotFound", "RevisionNotFound", "EntryNotFound") and self._has_token) or status == 404:
            raise ConfigError(f"{what} is not there at {self.endpoint!r}; check name and --revision")
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise ConfigError(f"{what}: {self._access_remedy(code)}")
        if not response.is_success:
            raise ConfigError(f"{what}: {self.endpoint!r} answers {status}; try again later, or another --source")

    def _access_remedy(self, code: str) -> str:
        if self._has_token and code != "GatedRepo":
            return f"{self.endpoint!r} refuses the token; make a new one and put it into {self._token_variable}"
        if self._has_token:
            return (
                f"{self.endpoint!r} wants its terms accepted first: do so on the model's page, with the token's account"
            )
        if code == "RepoNotFound":
            return f"not at {self.endpoint!r}, or private; check the name, or put a token into {self._token_variable}"
        return (
            f"{self.endpoint!r} gives it only to those who accepted its terms: do so on the model's page, make a token "
            f"there, and put it into {self._token_variable}"
        )


def _retry_after(response: httpx.Response) -> float:
    try:
        return max(0.0, float(response.headers.get("Retry-After", "0")))
    except ValueError:  # a date
        return 0.0


def _reason(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "nothing came for too long"
    if isinstance(error, httpx.ConnectError):
        return "no connection; check network and proxy settings, or take another --source"
    return "the connection broke"
