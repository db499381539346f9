"""The whole bot as a process, at another system by signed HTTP."""

import asyncio
import base64
import os
import signal
from pathlib import Path

from tests.e2e.program import running
from tests.fakes.model import FakeModel
from tests.fakes.page import free_port
from tests.fakes.webhook_peer import WebhookPeer

SECRET = base64.b64encode(os.urandom(32)).decode()


def variables(peer: WebhookPeer, port: int, model: FakeModel) -> dict[str, str]:
    return {
        "GLMBOT_ADAPTERS__WEBHOOK__PORT": str(port),
        "GLMBOT_ADAPTERS__WEBHOOK__SECRET": SECRET,
        "GLMBOT_ADAPTERS__WEBHOOK__DELIVER_TO": peer.deliver_to,
        "GLMBOT_INFERENCE__URL": model.url,
    }


async def test_killed_in_the_middle_of_an_answer_it_answers_once(tmp_path: Path, model: FakeModel) -> None:
    port = free_port()
    model.gate.clear()
    async with WebhookPeer(SECRET, port) as peer:
        async with running(tmp_path, "run", **variables(peer, port, model)) as bot:
            hello = peer.message("hello")
            assert (await peer.post(hello)).status_code == 202
            await model.until_pieces(1)
            os.kill(bot.pid, signal.SIGKILL)
            await bot.wait()
        model.gate.set()
        async with running(tmp_path, "run", **variables(peer, port, model)) as bot:
            assert (await peer.post(hello)).status_code == 202
            assert (await peer.post(peer.message("你好"))).status_code == 202
            await peer.until_taken(2)
            bot.send_signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                assert await bot.wait() == 0
        assert [message["text"] for message in peer.taken.values()] == ["echo: hello", "echo: 你好"]
