"""Which texts hold a forbidden term, and where."""

import gc

import pytest

from glmbot.errors import ConfigError
from glmbot.safety.filter import Match, WordFilter
from glmbot.safety.term import prepare, prepare_all

TERMS = ["gizmo", "glass falcon", "blue fish", "ass", "禁词", "红色气球", "坏 话", "A计划", "红色气球厂"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a gizmo here", "gizmo"),
        ("GIZMO", "gizmo"),
        ("ｇｉｚｍｏ!", "gizmo"),
        ("gi\u200bz\u00admo", "gizmo"),
        ("gízmō", "gizmo"),
        ("用gizmo吧", "gizmo"),
        ("g-i-z-m-o", "gizmo"),
        ("g i z m o", "gizmo"),
        ("g.i.z.m.o", "gizmo"),
        ("a g i z m o", "gizmo"),
        ("g i-z m-o", "gizmo"),
        ("gi**zmo**", "gizmo"),
        ("**gizmo**", "gizmo"),
        ("_gizmo_", "gizmo"),
        ("blue fish", "blue fish"),
        ("Blue\nFish", "blue fish"),
        ("blue-fish", "blue fish"),
        ("blue   fish", "blue fish"),
        ("glass,falcon", "glass falcon"),
        ("GLASS.FALCON.txt", "glass falcon"),
        ("#glassfalcon", "glass falcon"),
        ("g.l.a.s.s falcon", "glass falcon"),
        ("glass, falcon", None),
        ("It is made of glass. Falcons fly.", None),
        ("fiberglassfalcons", None),
        ("红色-气球", "红色气球"),
        ("红色，气球", None),
        ("有禁词吗", "禁词"),
        ("禁 词", "禁词"),
        ("禁*词", "禁词"),
        ("红。色", None),
        ("红 色 气 球", "红色气球"),
        ("红\n色\n气\n球", "红色气球"),
        ("红-色*气_球", "红色气球"),
        ("红，色，气，球", "红色气球"),
        ("红🎈色🎈气🎈球", "红色气球"),
        ("红色气球厂", "红色气球厂"),
        ("坏话", "坏 话"),
        ("Ａ计划", "A计划"),
    ],
)
def test_terms_are_found_under_their_disguise(text: str, found: str | None) -> None:
    match = WordFilter(TERMS).first_match(text)
    assert (match and match.term) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gizmos",
        "megagizmo",
        "gizmo2",
        "giz mo",
        "g-iz-mo",
        "p-a-s-s-w-o-r-d",
        "a s s",
        "class, assess, pass",
        "blue. fish",
        "blue, fish",
        "bluefish",
        "blue and fish",
        "禁止词语",
        "禁。词",
        "禁，词",
        "红色的气球",
        "红色 气球",
        "红色。气球",
        "红、色彩、气、球",
        "BA计划",
    ],
)
def test_ordinary_text_passes(text: str) -> None:
    assert WordFilter(TERMS).first_match(text) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("x gizmo y", "gizmo"),
        ("字 g\u200bizmo\u200b y", "g\u200bizmo"),
        ("ﬁ 禁 词 ", "禁 词"),
        ("e\u0301e\u0301 gi**zmo**", "gi**zmo"),
    ],
)
def test_a_match_tells_where_it_stands_in_the_original(text: str, place: str) -> None:
    match = WordFilter(TERMS).first_match(text)
    assert match
    assert text[match.start : match.end] == place


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("try g1zm0 now", "gizmo"),
        ("a g!zm0, yes", "gizmo"),
        ("gggiiizzzmmmooo", "gizmo"),
        ("ｇ.і.z.м.о", "gizmo"),
        ("\u202eomzig\u202c", "gizmo"),
        ("".join(chr(0xE0000 + ord(one)) for one in "gizmo"), "gizmo"),
        ("gi<b>zmo</b>", "gizmo"),
        ("b1ue f1sh", "blue fish"),
        ("b.l.u.e.f.i.s.h", "blue fish"),
        ("𝖇𝖑𝖚𝖊 𝖋𝖎𝖘𝖍", "blue fish"),
        ("ｂｌｕｅ　ｆｉｓｈ", "blue fish"),
        ("紅色氣球", "红色气球"),
        ("红红色色气气球", "红色气球"),
        ("hong se qi qiu", "红色气球"),
        ("问hongseqiqiu吧", "红色气球"),
        ("hong色qi球", "红色气球"),
        ("h\u200bo\u200bn\u200bg色气球", "红色气球"),
        ("纟工色气球", "红色气球"),
        ("红涩气球", "红色气球"),
        ("红色气逑", "红色气球"),
        ("⼯作", "工作"),
        ("禁:词", None),
    ],
)
def test_terms_are_found_in_every_view(text: str, term: str | None) -> None:
    terms = [*TERMS, "工作"]
    match = WordFilter(terms).first_match(text)
    assert (match and match.term) == term


@pytest.mark.parametrize(
    "text",
    [
        "The gizmology of 61220",
        "a 6122m0 b",
        "他穿红。色彩像气球。",
        "红色。气球",
        "粉红色气球状星云",
        "hongse, qiqiu",
        "hong seqiqi",
        "wohongseqiqiu",
        "红色汽球",
        "сор, глаз",
        "bluefisher",
        "the blue. Fish swim",
    ],
)
def test_what_only_looks_like_a_term_passes(text: str) -> None:
    assert WordFilter([*TERMS, "cop"]).first_match(text) is None


def test_without_the_strict_level_other_characters_are_no_match() -> None:
    lenient = WordFilter(["红色气球"], is_strict=False)
    assert lenient.first_match("红涩气球") is None
    assert lenient.first_match("红色气逑") is None
    assert lenient.first_match("紅色氣球")
    assert lenient.first_match("hong色气球")


def test_the_first_match_is_the_first_in_the_text() -> None:
    assert WordFilter(["b", "a"]).first_match("x b a") == Match(2, 3, "b")


def test_without_terms_nothing_is_found() -> None:
    assert WordFilter([]).first_match("anything") is None


@pytest.mark.parametrize(("term", "message"), [("***", "no letter"), ("x" * 65, "more than 64"), ("", "no letter")])
def test_a_term_that_cannot_be_compared_is_refused(term: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        WordFilter([term])


@pytest.mark.parametrize("is_on", [True, False])
def test_the_collector_of_cycles_is_as_it_was_after_terms_were_read(is_on: bool) -> None:
    was_on = gc.isenabled()
    try:
        (gc.enable if is_on else gc.disable)()
        WordFilter(TERMS)
        with pytest.raises(ConfigError):
            WordFilter(["***"])
        assert gc.isenabled() == is_on
    finally:
        (gc.enable if was_on else gc.disable)()


def test_terms_are_the_same_alone_and_in_a_list() -> None:
    terms = ["Straße", "ｆｏｏ_bar-baz", "A\tB", "a\nb", "①②", "坏_ 话", "\u200bﬁsh", "哈哈", "_ロケット"]
    assert prepare_all(terms) == [prepare(term) for term in terms]
    assert [term.words for term in prepare_all(terms)][1:4] == ["foo bar baz", "a b", "a b"]


def test_a_long_text_and_many_terms_take_no_quadratic_time() -> None:
    terms = [f"term{number}" for number in range(2000)] + [chr(0x4E00 + number) + "禁词" for number in range(2000)]
    assert WordFilter(terms).first_match("the quick brown tern 天下大事必作于细 " * 32_000) is None


@pytest.mark.parametrize("disguise", ["g-i-z-m-o", "gggiiizzzmmmooo", "红*色*气*球", "hong se qi qiu", "g1zm0"])
@pytest.mark.parametrize("noise", ["a-b! c.", "aabb", "好好-吗 吗", "<b>x</b> "])
@pytest.mark.parametrize("num_before", [0, 300, 2040, 6000])
def test_a_term_is_found_in_a_long_text_that_is_suspicious_everywhere(
    disguise: str, noise: str, num_before: int
) -> None:
    before, behind = (noise * 3000)[:num_before], noise * 3000
    match = WordFilter(TERMS).first_match(f"{before}。 {disguise} 。{behind}")
    assert match
    assert match.start == len(before) + 2


@pytest.mark.parametrize("gap", ["-", " ", "="])
@pytest.mark.parametrize("disguise", ["g-i-z-m-o", "gggiiizzzmmmooo", "红*色*气*球", "hong se qi qiu"])
@pytest.mark.parametrize("noise", ["aabb", "好好-吗 吗"])
def test_a_long_gap_hides_nothing_that_comes_behind_it(disguise: str, gap: str, noise: str) -> None:
    """Pieces of the text without a letter once counted as one."""
    text = noise * 3000 + gap * 9000 + f" 。{disguise}。"
    match = WordFilter(TERMS).first_match(text)
    assert match
    assert match.start == text.index(disguise)


@pytest.mark.parametrize("disguise", ["g-i-z-m-o", "gizzzmmmo", "g i z m o", "gi**zmo**", "g1zm0"])
@pytest.mark.parametrize("more", [[], ["blue fish", "free lunch today"]])
def test_a_disguised_term_is_found_beside_a_word_with_repeats(disguise: str, more: list[str]) -> None:
    match = WordFilter(["gizmo", "ommit", "tegiz", *more]).first_match(f"a committee {disguise} committee")
    assert match
    assert match.term == "gizmo"
