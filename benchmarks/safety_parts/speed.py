"""How fast the safety filter is with 100,000 terms."""

import random
import re
import statistics
import string
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from glmbot.safety.filter import WordFilter
from glmbot.verdicts import Direction
from safety_parts.first_text import delays_ms
from safety_parts.loading import Loading

NUM_TERMS = 100_000
TEXT_CHARACTERS = 1_000_000
NUM_MESSAGES = 3_000
MESSAGE_CHARACTERS = 200
ROUNDS = 3
_CLAUSE_END = re.compile(r"(?<=[,.:;，。：]) ?")


def score(directory: Path) -> dict[str, object]:
    """Read lists of terms; scan ordinary English and Chinese text, in one piece, in messages and as answers.

    All but `reload_stall_ms` is time of one processor core.
    """
    both = terms(random.Random(1), 2 * NUM_TERMS)
    half = NUM_TERMS // 2
    lists = {"english": both[:NUM_TERMS], "chinese": both[NUM_TERMS:], "mixed": both[half : half + NUM_TERMS]}
    loading = Loading(lists)
    word_filter = WordFilter(lists["mixed"])
    all_words = loading.policies.words.filter
    texts = {
        "english": english(),
        "chinese": chinese(),
        "mixed": english()[: TEXT_CHARACTERS // 2] + chinese()[: TEXT_CHARACTERS // 2],
    }
    speeds = {name: _mb_per_s(word_filter, text) for name, text in texts.items()}
    messages = _messages(texts["mixed"], random.Random(1))
    delays = delays_ms(loading.policies, [clause for text in PROSE for clause in _CLAUSE_END.split(text) if clause])
    return {
        "load_100k_s": max(loading.load_s.values()),
        "reload_100k_s": max(loading.reload_s.values()),
        "mb_per_s": round(speeds["mixed"], 1),
        "p99_ms": round(_p99_ms(word_filter.first_match, messages), 3),
        "first_text_delay_ms": round(_p99(delays)),
        "speed": {
            "build_s": loading.load_s["mixed"],
            **{f"{name}_mb_per_s": round(speed, 1) for name, speed in speeds.items()},
            "with_default_rules_mb_per_s": round(_mb_per_s(all_words, texts["mixed"]), 1),
            "load_s": loading.load_s,
            "reload_s": loading.reload_s,
            "reload_stall_ms": loading.stall_ms,
            "all_rules_p99_ms": round(_p99_ms(lambda text: loading.policies.check(text, Direction.IN), messages), 3),
            "first_text_delay_ms": {"median": round(statistics.median(delays)), "most": round(delays[-1])},
        },
    }


def terms(rng: random.Random, number: int) -> list[str]:
    """Return made-up terms, half of letters and half Chinese."""
    latin = ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(5, 12))) for _ in range(number // 2)]
    # The first level of GB 2312 is the characters that texts are written with.
    common = bytes(code for row in range(0xB0, 0xD7) for cell in range(0xA1, 0xFF) for code in (row, cell)).decode(
        "gb2312"
    )
    han = ["".join(rng.choices(common, k=rng.randint(3, 5))) for _ in range(number // 2)]
    return latin + han


def english() -> str:
    """Return ordinary English of so many characters."""
    return _clauses([text for text in PROSE if text.isascii()], r"(?<=[,.:;]) ")


def chinese() -> str:
    """Return ordinary Chinese of so many characters."""
    return _clauses([text for text in PROSE if not text.isascii()], "(?<=[，。：])")


def _clauses(texts: list[str], boundary: str) -> str:
    """Return the clauses of the texts in random order, so that they do not repeat as a whole."""
    clauses = [clause for text in texts for clause in re.split(boundary, text) if clause]
    space = " " if boundary.endswith(" ") else ""
    number = 2 * TEXT_CHARACTERS // min(map(len, clauses))
    return space.join(random.Random(2).choices(clauses, k=number))[:TEXT_CHARACTERS]


def _mb_per_s(word_filter: WordFilter, text: str) -> float:
    times = []
    for _ in range(ROUNDS):
        begin = time.thread_time()
        word_filter.first_match(text)
        times.append(time.thread_time() - begin)
    return len(text.encode()) / min(times) / 1e6


def _messages(text: str, rng: random.Random) -> list[str]:
    starts = [rng.randrange(len(text) - MESSAGE_CHARACTERS) for _ in range(NUM_MESSAGES)]
    return [text[start : start + MESSAGE_CHARACTERS] for start in starts]


def _p99_ms(check: Callable[[str], object], messages: Sequence[str]) -> float:
    times = []
    for message in messages:
        begin = time.thread_time()
        check(message)
        times.append(time.thread_time() - begin)
    return _p99(times) * 1000


def _p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


PROSE = (
    "The committee met on Tuesday to discuss the new library. Most members agreed that the building, "
    "which dates from the "
    "nineteenth century, needs a roof before winter comes. Nobody knew how much it would cost, but the "
    "mayor promised an answer "
    "within three weeks. Afterwards they walked along the river, where children were feeding ducks and "
    "an old man was painting.",
    "To install the package, open a terminal and run the command below; it takes about a minute on a "
    "slow connection. If you see "
    "an error, check that the version is at least 3.11 and that the folder is writable. The "
    "configuration lives in one file, and "
    "every option has a comment that explains what it does and when you would change it.",
    "She had never been to the mountains in spring, and the colours surprised her: pale green on the "
    "slopes, white where the snow "
    "still lay, and a blue so deep above the ridge that it seemed painted. They stopped for bread and "
    "cheese at noon, talked about "
    "the summer, and were back in the village long before it was dark.",
    "清晨的阳光照进图书馆，几个学生已经坐在窗边读书。管理员把昨天归还的书放回书架，然后给窗台上的花浇水。他说这里每天都有新的读者，有人来查资料，有人只是喜欢安静。"
    "到了中午，食堂里飘出饭菜的香味，大家才慢慢收拾东西离开。下午的天气很好，很多人选择在湖边散步，讨论刚刚读到的故事。",
    "这个项目的目标是让普通用户也能轻松使用。安装过程只需要三步：先下载程序，再修改配置文件，最后启动服务。如果遇到问题，可以先查看日志，里面会写明出错的原因和解决办法。"
    "我们建议每个月备份一次数据，并且在升级之前阅读更新说明。社区里有很多热心的人，他们会回答你的疑问。",
    "春天来了，山坡上的桃花开得正盛。老人带着孙子沿着小路往上走，一边走一边讲从前的事情。孩子听得入神，不时停下来捡几片花瓣。到了山顶，他们坐在石头上看远处的村庄，"
    "炊烟慢慢升起，河水在阳光下闪着光。傍晚的时候，风有些凉，两个人手拉着手回家去了。",
)
