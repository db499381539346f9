"""A thousand terms in one policy set: wherever a stream is cut, none of them is shown, and all else is."""

import random
import string
from collections.abc import Iterator
from functools import cache

import pytest

from glmbot.safety.policies import Policies
from glmbot.safety.stream import StreamGuard
from glmbot.verdicts import Action
from tests.safety.fixed import words

CLEAN = (
    "The harbour office opens at nine; bring two photographs and the form, please. It takes a week.",
    "她每天早上去图书馆读书，下午在湖边散步，晚上给家里打电话。天气好的时候，大家一起去爬山！",
    "Version 3.11 works: 安装过程只需要三步，first download，再修改配置。\n\n* one\n* `three` and <b>four</b> 😀\n",
    "Cafe\u0301 na\u00efve \u200bzero, \u202eright to left\u202c, ｆｕｌｌ width 1 2 3 a b c. ni hao, Beijing!",
)


def english(rng: random.Random) -> str:
    """Return a made-up word, or two."""
    return " ".join(
        "".join(rng.choices(string.ascii_lowercase, k=rng.randint(6, 10))) for _ in range(rng.randint(1, 2))
    )


def chinese(rng: random.Random) -> str:
    """Return three to five Chinese characters that are no words."""
    return "".join(chr(rng.randrange(0x4E00, 0x9000)) for _ in range(rng.randint(3, 5)))


@cache
def terms() -> tuple[str, ...]:
    """Return the terms; the same ones each time."""
    rng = random.Random(20)
    return tuple(make(rng) for _ in range(500) for make in (english, chinese))


@cache
def policies() -> Policies:
    """Return one set of policies with all terms."""
    return Policies([words("own", Action.BLOCK, *terms())])


def shown(pieces: list[str]) -> Iterator[str]:
    """Yield what a guard lets through of each piece."""
    guard = StreamGuard(policies().words.filter)
    yield from map(guard.add, pieces)
    yield guard.finish()


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize(("before", "behind"), [("Well, ", "! Thanks"), ("他说：", "。再见")])
def test_nothing_of_any_term_is_shown_at_any_cut(part: int, before: str, behind: str) -> None:
    for term in terms()[part::4]:
        text = before + term + behind
        for cut in range(len(text) + 1):
            assert "".join(shown([text[:cut], text[cut:]])) == before, (term, cut)
        assert "".join(shown(list(text))) == before, term


@pytest.mark.parametrize("text", CLEAN)
def test_clean_text_comes_through_at_any_cut(text: str) -> None:
    for cut in range(len(text) + 1):
        assert "".join(shown([text[:cut], text[cut:]])).encode() == text.encode()
    for size in range(1, 8):
        pieces = [text[place : place + size] for place in range(0, len(text), size)]
        assert "".join(shown(pieces)).encode() == text.encode()


def test_all_terms_are_found_in_one_long_text() -> None:
    text = "".join(f"{term}。\n" for term in terms())
    assert {match.term for match in policies().words.filter.matches(text)} == set(terms())
