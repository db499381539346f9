"""Signs and checks messages as Standard Webhooks says (github.com/standard-webhooks/standard-webhooks)."""

import base64
import binascii
import hmac
import re
import time
from collections.abc import Mapping

from glmbot.errors import ConfigError

PREFIX = "whsec_"
MIN_BYTES = 24
TOLERANCE = 300.0  # seconds that the clocks of the two sides may differ
SECONDS = re.compile(r"[0-9]{1,15}")


class Signature:
    """The secret of a channel. Raises ConfigError for one that cannot be right."""

    def __init__(self, secret: str, adapter: str) -> None:
        try:
            self._key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            self._key = b""
        if len(self._key) < MIN_BYTES:
            raise ConfigError(
                f"adapter {adapter!r}: secret must be at least {MIN_BYTES} random bytes in base64; set "
                f"GLMBOT_ADAPTERS__{adapter.upper()}__SECRET to what `openssl rand -base64 32` prints"
            )

    def headers(self, message_id: str, body: bytes) -> dict[str, str]:
        """Return the headers that go with a message."""
        timestamp = str(int(time.time()))
        return {
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{self._sign(message_id, timestamp, body)}",
        }

    def is_right(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tell whether a message was signed with our secret, in the last five minutes."""
        message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not message_id or not SECONDS.fullmatch(timestamp) or abs(time.time() - int(timestamp)) > TOLERANCE:
            return False
        right = f"v1,{self._sign(message_id, timestamp, body)}".encode()
        given = headers.get("webhook-signature", "").split(" ")  # several, while a secret is being replaced
        return any(hmac.compare_digest(one.encode(errors="replace"), right) for one in given)

    def _sign(self, message_id: str, timestamp: str, body: bytes) -> str:
        content = b".".join((message_id.encode("latin-1", "replace"), timestamp.encode(), body))
        return base64.b64encode(hmac.digest(self._key, content, "sha256")).decode()
