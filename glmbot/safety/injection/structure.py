"""What is known by its form: ends of sentences, chat templates, addresses, commands."""

import re
from collections.abc import Iterator

MARKS = {
    "TEMPLATE": r"<\|[a-z ]{2,20}\|>|\[/?inst\]|<</?sys>>|\[s?g?mask\]|<sop>|\[round \d{1,3}\]"
    r"|[-—]{2,4} ?end of [a-z ]{2,20}|[-—]{2,4}用户输入结束"
    r"|['\"]role['\"]\s?:\s?['\"](?:system|developer|tool)['\"]"
    r"|<(?:tool|function) (?:result|response|output)>",
    "TURN": r"</?(?:system|user|assistant|admin|developer|系统|用户|助手|管理员|对话|instructions?|im (?:start|end))"
    r"(?: [^<>\n]{0,40})?>"
    r"|[\[【(《](?:system|developer|admin|系统|开发者|管理员|assistant|助手)"
    r" ?(?:notice|message|note|override|prompt|update|instruction|alert|公告|消息|指令|提示|通知|更新|警报)?[\]】)》:]"
    r"|\n[ #]{0,8}(?:(?:system|developer|admin)(?: (?:message|override|prompt|notice|update|note|instruction|alert))?"
    r"|(?:系统|开发者|管理员)(?:消息|指令|公告|通知|更新|警报|备注)?)\s?[:\n]"
    r"|(?<=[.。!?\"] system):|(?<=[.。!?]system):|(?<=[.。!?]系统):|(?<=[.。!?] 系统):"
    r"|\[/(?:system|developer|admin)\]|=== ?(?:system|系统)",
    "SPEAKER": r"\n[ #]{0,8}(?:user|human|assistant|ai|bot|用户|助手|问|答|人类)\s?[:\n]",
    "NOTE": r"<!--|display: ?none"
    r"|[\[【(]{1,2}(?=(?:ai|llm|大模型|模型|人工智能)(?: ?(?:note|agents?|assistants?|models?|注意|助手))?\s?[:,])"
    r"|[\[【(](?=note (?:to|for)|hidden|instructions? (?:to|for))",
    "LEAKY": r"!\[[^\[\]\n]{0,80}\]\(https?://[^\s()?]{1,200}\?[^\s()]{0,100}?"
    r"(?:[{<\[\u4e00-\u9fff]|prompt|history|chat|secret|token|data|conver|password|message|key)[^\s()]{0,200}\)?",
    "SHELL": r"\| ?(?:ba|z)?sh\b|~/\.[a-z]|/proc/self|/etc/(?:passwd|shadow)",
    "COMBINE": r"\+ ?[a-z甲乙丙](?![a-z0-9])",
    "OFF": r"= ?(?:false|none|off)(?![a-z])",
    "MAIL": r"@[a-z0-9-]{1,40}\.[a-z]{2,10}",
    "END": r"\n(?:[ \t]{0,8}\n)*(?=[ \t]{0,8}\n)",
    "URL": r"(?:(?<=https)|(?<=http)|(?<=file))://[^\s\"'()<>\u3000-\u9fff]{0,300}",
}
SIGN = re.compile(r"[<\[【(《\n—'\"!|~/+=@:-]")
"""What marks begin with; most of a text is skipped at once."""
MARK = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in MARKS.items()))
LOCAL = re.compile(
    r"://(?:localhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.0\.0\.0|\[::1"
    r"|[a-z0-9.-]{1,60}\.(?:internal|local|lan)(?![a-z]))"
)
METADATA = re.compile(r"://(?:$|/|169\.254\.|metadata)")
"""Of files, and of the machine that a cloud lends."""
OPEN_QUERY = re.compile(r"\?[a-z]{1,12}=(?:$|[{<\[])|\?[a-z]{1,12}=your")
STRUCTURE_NAMES = (*MARKS, "LOCAL", "METADATA", "QUOTE", "GAP")

Found = tuple[int, int, str]
"""Where an expression begins, where it ends, and its name."""


def find_marks(folded: str) -> Iterator[Found]:
    """Yield the marks of a folded text; it begins with a line break, so that each line does."""
    last = 0
    for sign in SIGN.finditer(folded):
        if sign.start() >= last and (match := MARK.match(folded, sign.start())):
            last = match.end()
            name = match.lastgroup or ""
            yield match.start(), match.end(), _kind_of_address(match[0]) if name == "URL" else name


def _kind_of_address(address: str) -> str:
    """Tell addresses of the own network, and those that wait for data, from others."""
    if METADATA.match(address):
        return "METADATA"
    if LOCAL.match(address):
        return "LOCAL"
    return "LEAKY" if OPEN_QUERY.search(address) else "URL"
