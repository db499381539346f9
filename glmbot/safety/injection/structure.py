"""What is known by its form: ends of sentences, chat templates, addresses, commands."""

import re
from collections.abc import Iterator

# Every alternative begins with a literal character or a small set, so that the scan skips most of a text at once.
MARKS = {
    "TEMPLATE": r"<\|[a-z ]{2,20}\|>|\[/?inst\]|<</?sys>>|\[s?g?mask\]|<sop>|\[round \d{1,3}\]"
    r"|[-—]{2,4} ?end of [a-z ]{2,20}|[-—]{2,4}用户输入结束"
    r"|['\"]role['\"]\s?:\s?['\"](?:system|developer|tool)['\"]"
    r"|<(?:tool|function) (?:result|response|output)>",
    "TURN": r"</?(?:system|user|assistant|admin|developer|系统|用户|助手|管理员|对话|instructions?|im (?:start|end))(?: [^<>\n]{0,40})?>"
    r"|[\[【(](?:system|developer|admin|系统|开发者|管理员|assistant|助手)"
    r" ?(?:notice|message|note|override|prompt|update|instruction|公告|消息|指令|提示|通知|更新)?[\]】):]"
    r"|\n[ #]{0,8}(?:(?:system|developer|admin)(?: (?:message|override|prompt|notice|update|note|instruction))?"
    r"|(?:系统|开发者|管理员)(?:消息|指令|公告|通知|更新)?)\s?[:\n]"
    r"|[.。!?] ?(?:system|系统):|\[/(?:system|developer|admin)\]|=== ?(?:system|系统)",
    "SPEAKER": r"\n[ #]{0,8}(?:user|human|assistant|ai|bot|用户|助手|问|答|人类)\s?[:\n]",
    "NOTE": r"<!--|display: ?none|[\[【(](?:ai|llm|note to|hidden|致|给)",
    "LEAKY": r"!\[[^\[\]\n]{0,80}\]\(https?://[^\s()]{1,200}\?[^\s()]{0,200}\)?",
    "SHELL": r"\| ?(?:ba|z)?sh\b|~/\.ssh|/proc/self|/etc/(?:passwd|shadow)",
    "COMBINE": r"\+ ?[a-z甲乙丙](?![a-z0-9])",
    "OFF": r"= ?(?:false|none|off)(?![a-z])",
    "MAIL": r"@[a-z0-9-]{1,40}\.[a-z]{2,10}",
    "END": r"[。！？!?]|\.(?=[\s\"'<])|\n\s{0,8}\n",
    "QUOTE": r"\"",
}
MARK = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in MARKS.items()))
ADDRESS = re.compile(r"(?:https?|file)://[^\s\"'()<>\u3000-\u9fff]{0,300}")
LOCAL = re.compile(
    r"file:|https?://(?:localhost|127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.0\.0\.0|\[::1|metadata"
    r"|[a-z0-9.-]{1,60}\.(?:internal|local|lan)(?![a-z]))"
)
OPEN_QUERY = re.compile(r"\?[a-z]{1,12}=(?:$|[{<\[])|\?[a-z]{1,12}=your")
STRUCTURE_NAMES = (*MARKS, "URL", "LOCAL", "GAP")

Found = tuple[int, int, str]
"""Where an expression begins, where it ends, and its name."""


def find_marks(folded: str) -> Iterator[Found]:
    """Yield the marks of a folded text; it begins with a line break, so that each line does."""
    for match in MARK.finditer(folded):
        yield match.start(), match.end(), match.lastgroup or ""


def find_addresses(folded: str) -> Iterator[Found]:
    """Yield the web addresses, and which of them are inside the own network or wait for data."""
    if "://" not in folded:
        return
    for match in ADDRESS.finditer(folded):
        name = "LOCAL" if LOCAL.match(match[0]) else "LEAKY" if OPEN_QUERY.search(match[0]) else "URL"
        yield match.start(), match.end(), name
