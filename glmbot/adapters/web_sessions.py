"""Who a browser is: a cookie that nobody can guess, and where a password is set, nobody can make."""

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping

NUM_BYTES = 32
COOKIE = re.compile(r"([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})")
MAX_AGE = 400 * 24 * 3600  # seconds; browsers keep none for longer
MAX_WRONG_LOGINS = 10
"""Wrong passwords in a row, of all browsers together, before the rest must wait."""
SALT = b"glmbot web chat"


class Sessions:
    """Makes and knows the cookies `token.signature`. Nothing of them is kept.

    The key comes from the password: another password makes all cookies invalid. It is made slowly (scrypt), so that
    a cookie that is stolen does not give the password away. A browser keeps its token, and so its chat, when it logs
    in again.
    """

    def __init__(self, password: str, port: int, is_secure: bool) -> None:
        self._key = hashlib.scrypt(password.encode(), salt=SALT, n=1 << 14, r=8, p=1)
        # cookies do not tell ports apart: two bots of one machine must not share one
        self.cookie_name = f"{'__Host-' if is_secure else ''}glmbot_{port}"

    def renewed(self, cookies: Mapping[str, str]) -> str:
        """Return a valid cookie: for the browser's own token, where it has one."""
        match = COOKIE.fullmatch(cookies.get(self.cookie_name, ""))
        token = match[1] if match else secrets.token_urlsafe(NUM_BYTES)
        return f"{token}.{self._signature(token)}"

    def chat_id(self, cookies: Mapping[str, str]) -> str | None:
        """Return the id of the chat with a browser; None where its cookie is missing or not valid."""
        match = COOKIE.fullmatch(cookies.get(self.cookie_name, ""))
        if match is None or not hmac.compare_digest(match[2], self._signature(match[1])):
            return None
        return hashlib.sha256(SALT + match[1].encode()).hexdigest()[:32]

    def _signature(self, token: str) -> str:
        digest = hmac.digest(self._key, token.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Logins:
    """Checks passwords, and only so many wrong ones."""

    def __init__(self, password: str, seconds_each: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._password = password.encode()
        self._seconds_each = seconds_each
        self._clock = clock
        self._left = float(MAX_WRONG_LOGINS)
        self._counted_at = clock()

    @property
    def wait(self) -> float:
        """Seconds until the next password is looked at."""
        now = self._clock()
        self._left = min(MAX_WRONG_LOGINS, self._left + (now - self._counted_at) / self._seconds_each)
        self._counted_at = now
        return max(0.0, 1.0 - self._left) * self._seconds_each

    def is_right(self, password: str) -> bool:
        """Tell whether a password is right, in a time that says nothing about it; a wrong one counts."""
        is_right = hmac.compare_digest(password.encode(errors="replace"), self._password)
        if not is_right:
            self._left -= 1.0
        return is_right
