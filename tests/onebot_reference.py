"""A bot that others wrote, nonebot2: it tells how it understands a message. `python onebot_reference.py URL TOKEN`."""

import json
import sys

import nonebot
from nonebot import on_message
from nonebot.adapters.onebot.v11 import Adapter, GroupMessageEvent, MessageEvent


def main() -> None:
    """Connect to a QQ client and answer until SIGTERM."""
    nonebot.init(
        driver="~websockets", log_level="WARNING", onebot_ws_urls=[sys.argv[1]], onebot_access_token=sys.argv[2]
    )
    nonebot.get_driver().register_adapter(Adapter)
    matcher = on_message()

    @matcher.handle()
    async def tell(event: MessageEvent) -> None:
        group = event.group_id if isinstance(event, GroupMessageEvent) else None
        said = {
            "text": event.get_plaintext().strip(),
            "is_addressed": event.is_tome(),
            "sender": event.get_user_id(),
            "group": group,
        }
        await matcher.finish(json.dumps(said))

    nonebot.run()


if __name__ == "__main__":
    main()
