"""Makes texts with and without personal data, from a seed: `cases(seed)` gives lines as in pii.jsonl."""

from random import Random
from typing import Any

from safety_parts.own_pii_specimens import MAKERS, Specimen

NEUTRAL_FRAMES = (
    "{}",
    "{}。",
    "（{}）",
    "“{}”",
    "我的是{}，记一下",
    "请核对 {} 是否正确",
    "备注：{}；谢谢",
    "她发来的是{}吗？",
    "{}\n第二行",
    "看这个{}😀",
    "it is {} thanks",
    "({})",
    "please note: {}",
    '"{}"',
    "I wrote {}, twice.",
    "value = {}",
    "- {}",
    "see {}!",
    "- **{}**",
    "`{}`",
)
FRAMES = {
    "CN_ID": (
        "身份证号{}",
        "我身份证是{}，帮我登记",
        "ID card: {}",
        "证件号码：{}。",
        "实名信息{}请保密",
        "张三，{}，男",
        "sfz {} 有效",
    ),
    "CN_MOBILE": (
        "手机{}",
        "电话：{}，随时打",
        "加我微信{}备注来意",
        "call me at {} tonight",
        "Tel: {}",
        "tel:{}",
        "联系人李四{}",
        "打{}找我",
    ),
    "PHONE_INTL": ("My number is {}.", "海外电话{}，谢谢", "call {} now", "WhatsApp: {}", "phone={}", "拨{}转前台"),
    "BANK_CARD": (
        "卡号{}",
        "打到{}这张卡",
        "Visa {} exp 12/30",
        "card no. {}",
        "银行卡：{}，户名李四",
        "pay with {} please",
    ),
    "EMAIL": (
        "邮箱{}",
        "发到{}就行",
        "mail {} today",
        "mailto:{}",
        "<{}>",
        "我的邮箱是{}谢谢",
        "Email: {}, thanks",
        "联系（{}）",
        "email={}&x=1",
    ),
    "IPV4": (
        "服务器{}挂了",
        "ping {} failed",
        "http://{}/index.html",
        "{}:8080",
        "IP：{}",
        "ssh root@{}",
        "网段{}/24",
        "from {} port 22",
    ),
    "IPV6": ("地址{}可达", "ping6 {}", "http://[{}]:8080/", "{}/64", "addr: {} up", "IPv6：{}。"),
    "API_KEY": (
        "key: {}",
        "export TOKEN={}",
        "密钥是{}，别外传",
        "use {} please",
        '"api_key": "{}"',
        "我的 key {} 泄露了",
        "KEY='{}'",
    ),
    "JWT": ("Authorization: Bearer {}", "token={}", "令牌 {} 过期了", "jwt: {}", '"token": "{}"'),
    "PRIVATE_KEY": ("私钥：\n{}\n收好", "{}", "key file:\n{}\nkeep it", "我的\n{}\n泄露了吗"),
    "": (),
}
CLEAN = (
    "今天天气不错。",
    "请用Python写一个快速排序",
    "2024-05-17 12:30:45 开会",
    "价格是1,299.00元",
    "订单号202405170000138已发货",
    "The answer is 42.",
    "pi is 3.14159265358979",
    "圆周率3.14159265358",
    "ISBN 978-7-111-40701-0",
    "比例 3:2:1",
    "1 2 3 4 5 6 7 8 9 10 11 12",
    "时间戳1700000000",
    "tracking 9400110200881234567890",
    "运行 chmod 755 && ls -la",
    "f(x) = x^2 + 2x + 1",
    "room 1204, floor 12",
    "邮编100084",
    "电话簿",
    "QQ群123456789",
    "Python 3.11.4 and Chrome/120.0.0.0",
    "see section 1.2.3.4 for details",
    "版本1.2.3.4",
    "2000-2024年",
    "100% @ 50",
    "5 @ 3 dollars",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "客服热线400-800-8820",
    "拨打10086",
    "call 911",
    "a = [1::2]",
    "从2023年1月1日到2024年12月31日共730天",
    "人口约1400000000",
    "速度299792458米每秒",
    "Order #4471-2290-1183",
    "uuid 123e4567-e89b-12d3-a456-426614174000",
)


def cases(seed: int, count: int = 2000) -> list[dict[str, Any]]:
    """Make cases; a third of them has two specimens."""
    random = Random(seed)
    return [_case(random, number) for number in range(count)]


def _case(random: Random, number: int) -> dict[str, Any]:
    if random.random() < 0.15:
        return {"id": f"O{number}", "text": random.choice(CLEAN), "spans": [], "technique": "clean"}
    text, spans, techniques = "", [], []
    for _ in range(1 if random.random() < 0.7 else 2):
        specimen = random.choice(MAKERS)(random)
        text += random.choice(("，", " ", "\n", "; ")) if text else ""
        before, after = _frame(random, specimen).split("{}")
        start = (
            len(text)
            + len(before)
            + (len(specimen.text) - len(specimen.other) if specimen.technique == "key_named" else 0)
        )
        end = len(text) + len(before) + len(specimen.text)
        text += before + specimen.text + after
        techniques.append(specimen.technique)
        if specimen.kind:
            span: dict[str, Any] = {"start": start, "end": end, "type": specimen.kind}
            if specimen.other:
                span["alt"] = [[end - len(specimen.other), end]]
            spans.append(span)
    return {"id": f"O{number}", "text": text, "spans": spans, "technique": "+".join(techniques)}


def _frame(random: Random, specimen: Specimen) -> str:
    if specimen.technique == "key_named":
        return random.choice(("{}", "配置 {}", "{}\n", "set {} first"))
    frames = FRAMES[specimen.kind] if random.random() < 0.6 else ()
    return random.choice(frames or NEUTRAL_FRAMES)
