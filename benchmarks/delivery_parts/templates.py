"""Answers put together from templates: what models write all day, in both languages."""

import random
from collections.abc import Callable

ENGLISH = [
    "The function returns early when the list is empty, so the loop below never runs.",
    "In short, **caching** helps here, but only if the keys are *stable*.",
    "You can set `max_connections` to 100; see [the manual](https://example.org/docs/db_tuning#max) for more.",
    "Don't forget that `None` is falsy, too.",
    "It costs $5 a month, or $50 a year (about 17% less).",
    "Call `parse(x)` first; then **`validate`** the result.",
    "That is ~~impossible~~ hard, but not *that* hard…",
    "See https://example.com/a_b/(c)?q=1&r=2, or write to <https://example.net/contact>.",
    "The answer is ||forty-two||, of course.",
    "With $n$ items the cost is $O(n^2)$, and with $\\alpha \\leq 1$ it falls to $\\frac{n}{2}$.",
    "Use snake_case for names, CONSTANT_CASE for constants, and a*b only in formulas.",
    "Ask @everyone? No: ask <the team> & wait.",
]
CHINESE = [
    "这个函数在列表为空时会提前返回，因此下面的循环不会执行。",
    "简而言之，**缓存**在这里有用，但前提是键是*稳定的*。",
    "这是**“引号”**吗？是的，**注意：**请先备份数据！",
    "可以把 `max_connections` 设为 100；详见[手册](https://example.org/文档/a_b)。",
    "价格是 $5，或者一年 ￥350；~~原价 ￥500~~。",
    "答案是||四十二||，当然。",
    "当 $n \\geq 1$ 时，有 $\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2}$，证毕。",
    "请参阅 https://example.com/路径?q=中文 ，或者联系管理员。",
    "第一，检查网络；第二，重启服务；第三，查看日志。👍🏽",
    "他说：“这样就好了……”然后离开了。🇨🇳🇩🇪",
]
CODES = {
    "python": 'def greet(name: str) -> str:\n    """Say hello."""\n    return f"Hello, {name}!"  # **not bold**\n',
    "javascript": "const f = async (x) => {\n  return `${x} <b>` + (a || b);\n};\n",
    "rust": 'fn main() {\n    let v: Vec<&str> = vec!["a"];\n    println!("{:?}", v);\n}\n',
    "go": 'func main() {\n\tfmt.Println("hi")\n}\n',
    "c": "#include <stdio.h>\nint main(void) { int *p = &x; return *p << 2; }\n",
    "c++": "template <typename T>\nstd::vector<T> f(T&& t) { return {t}; }\n",
    "java": "public class A {\n    List<String> l = new ArrayList<>();\n}\n",
    "bash": "$ echo \"$HOME\" | grep -v '^#' > out.txt\n# 注释\n",
    "sql": "SELECT *\nFROM t\nWHERE a_b = 'x' -- comment\n",
    "html": '<div class="a">\n  <!-- c -->\n  &amp;\n</div>\n',
    "yaml": 'a:\n  - b: 1\n\n  - c: "*d*"\n',
    "": "plain text\n\n\n  with indentation\n",
}
Block = Callable[[random.Random], str]


def answer(chance: random.Random) -> str:
    """Return one answer of one to twelve blocks; one in twelve is long."""
    num_blocks = chance.choice([1, 2, 3, 3, 4, 5, 6, 8, 12]) if chance.random() > 1 / 12 else chance.randint(30, 60)
    sentences = chance.choice([ENGLISH, CHINESE, ENGLISH + CHINESE])
    blocks = [
        chance.choice(BLOCKS)(chance) if chance.random() < 0.6 else _text(chance, sentences) for _ in range(num_blocks)
    ]
    return "\n\n".join(blocks)


def _sentence(chance: random.Random) -> str:
    return chance.choice(ENGLISH + CHINESE)


def _text(chance: random.Random, sentences: list[str]) -> str:
    joint = chance.choice([" ", "", "\n"]) if sentences is CHINESE else chance.choice([" ", "\n"])
    return joint.join(chance.choices(sentences, k=chance.randint(1, 7)))


def _paragraph(chance: random.Random) -> str:
    return _text(chance, ENGLISH + CHINESE)


def _heading(chance: random.Random) -> str:
    return (
        "#" * chance.randint(1, 6) + " " + chance.choice(["Setup", "**Setup** with `pip`", "第一步：安装", "C# & F#"])
    )


def _code(chance: random.Random) -> str:
    language = chance.choice(list(CODES))
    fence = chance.choice(["```", "```", "~~~", "````"])
    code = CODES[language] * chance.choice([1, 1, 1, 2, 30])
    return f"{fence}{language}\n{code}{fence}"


def _bullets(chance: random.Random) -> str:
    sign = chance.choice("-*+")
    items = [f"{sign} {_sentence(chance)}" for _ in range(chance.randint(1, 6))]
    if chance.random() < 0.5:
        items.insert(1, f"  {sign} {_sentence(chance)}\n    {sign} {_sentence(chance)}")
    return "\n".join(items)


def _numbers(chance: random.Random) -> str:
    first = chance.choice([1, 1, 1, 7, 98])
    joint = chance.choice(["\n", "\n\n"])
    return joint.join(f"{first + n}. {_sentence(chance)}" for n in range(chance.randint(2, 12)))


def _numbers_with_code(chance: random.Random) -> str:
    language = chance.choice([name for name in CODES if name])
    code = "\n".join("   " + line if line else "" for line in CODES[language].rstrip("\n").split("\n"))
    return f"1. {_sentence(chance)}\n\n   ```{language}\n{code}\n   ```\n\n2. {_sentence(chance)}"


def _tasks(chance: random.Random) -> str:
    return "\n".join(f"- [{chance.choice(' x')}] {_sentence(chance)}" for _ in range(chance.randint(2, 4)))


def _table(chance: random.Random) -> str:
    num_columns = chance.randint(2, 5)
    cells = [
        "a",
        "名字",
        "**bold**",
        "`a b`",
        "1,000",
        "[link](https://e.org)",
        "长一点的中文内容",
        "x_y_z",
        "",
        "👍🏽 yes",
    ]
    row = lambda: "| " + " | ".join(chance.choice(cells) for _ in range(num_columns)) + " |"  # noqa: E731
    header = "| " + " | ".join(f"Column {n} 列" for n in range(num_columns)) + " |"
    return "\n".join([header, "|" + "---|" * num_columns, *(row() for _ in range(chance.randint(1, 8)))])


def _quote(chance: random.Random) -> str:
    lines = [_sentence(chance) for _ in range(chance.randint(1, 3))]
    deeper = f"\n> > {_sentence(chance)}" if chance.random() < 0.3 else ""
    return "\n>\n".join(f"> {line}" for line in lines) + deeper


def _formula(chance: random.Random) -> str:
    formula = chance.choice(
        [
            "E = mc^2",
            "\\int_0^1 x^2 \\, dx = \\frac{1}{3}",
            "a \\times b \\neq \\sqrt{c}",
            "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
        ]
    )
    return chance.choice([f"$$\n{formula}\n$$", f"$${formula}$$", f"\\[\n{formula}\n\\]", f"So \\({formula}\\) holds."])


def _rule(chance: random.Random) -> str:
    return "---"


BLOCKS: list[Block] = [
    _paragraph,
    _heading,
    _code,
    _code,
    _bullets,
    _numbers,
    _numbers_with_code,
    _tasks,
    _table,
    _quote,
    _formula,
    _rule,
]
