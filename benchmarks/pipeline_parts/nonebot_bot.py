"""The peer: nonebot2 with its OneBot adapter and a plugin that echoes. Keeps nothing.

python nonebot_bot.py URL
"""

import sys

import nonebot
from nonebot import on_message
from nonebot.adapters.onebot.v11 import Adapter, MessageEvent


def main() -> None:
    """Connect to a platform and echo until SIGTERM."""
    nonebot.init(driver="~websockets", log_level="WARNING", onebot_ws_urls=[sys.argv[1]])
    nonebot.get_driver().register_adapter(Adapter)
    matcher = on_message()

    @matcher.handle()
    async def echo(event: MessageEvent) -> None:
        await matcher.finish(f"echo: {event.get_plaintext()}")

    nonebot.run()


if __name__ == "__main__":
    main()
