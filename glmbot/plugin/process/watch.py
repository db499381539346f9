"""Watches a plugin process: whether it lives, whether its event loop runs, and how much memory it takes."""

import asyncio

from glmbot.plugin.process.limits import Limits
from glmbot.plugin.process.peer import Peer
from glmbot.plugin.process.spawn import Child

MEBIBYTE = 2**20


async def watch(child: Child, peer: Peer, limits: Limits) -> str:
    """Return, once it is so, why a plugin process has to be given up."""
    num_silent = 0
    while True:
        num_pongs = peer.num_pongs
        peer.ping()
        if await _has_closed(peer, limits.ping_interval):
            return peer.complaint or await child.exit_manner()
        num_silent = num_silent + 1 if peer.num_pongs == num_pongs else 0
        if num_silent >= limits.max_silent:
            return f"it blocked its event loop for {num_silent * limits.ping_interval:g} seconds"
        memory_mb = (child.memory_bytes() or 0) / MEBIBYTE
        if memory_mb > limits.max_memory_mb:
            return f"it took {memory_mb:.0f} MB of memory; plugins.max_memory_mb is {limits.max_memory_mb}"


async def _has_closed(peer: Peer, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            await peer.closed.wait()
    except TimeoutError:
        return False
    return True
