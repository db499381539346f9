"""The one way by which messages leave."""

import asyncio
import time
from pathlib import Path

import pytest

from glmbot.adapters.base import OutgoingMessage
from glmbot.content import Rendered
from glmbot.delivery.sending import Sending
from glmbot.delivery.sent_journal import SentJournal
from glmbot.events import Chat, ChatKind
from tests.fakes.adapter import FakeAdapter

CLOCK = 0.01
"""The clock of the event loop may be so much coarser."""


@pytest.mark.parametrize("is_idempotent", [True, False])
async def test_an_account_sends_no_faster_than_its_platform_wants(tmp_path: Path, is_idempotent: bool) -> None:
    """Whatever the chats; the order of those that wait is kept."""
    adapter = FakeAdapter(is_idempotent=is_idempotent, send_interval=0.05)
    journal = SentJournal(tmp_path)
    sending = Sending({"fake": adapter}, journal)
    messages = [
        OutgoingMessage(Chat("fake", f"chat {n % 2}", ChatKind.PRIVATE), Rendered(f"{n}", f"{n}"), f"key {n}")
        for n in range(5)
    ]
    began = time.monotonic()
    await asyncio.gather(*(sending.send(message, message.key) for message in messages))
    journal.close()
    assert [shown.text for shown in adapter.messages.values()] == ["0", "1", "2", "3", "4"]
    assert time.monotonic() - began >= 4 * 0.05 - CLOCK
