"""Questions with files: what the model is given, and how the files are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmbot.attachments.extracted import MAX_CHARS
from glmbot.conversation.question import FileText, Question
from glmbot.events import Language


def question(*files: FileText, text: str = "why?", language: Language = Language.ENGLISH) -> Question:
    return Question(text, language, files)


def test_a_question_without_files_is_what_was_written() -> None:
    assert Question("why?").written(0) == "why?"
    assert Question("why?").notices_for(0) == []


def test_files_stand_behind_fences_before_the_question() -> None:
    asked = question(FileText("a.txt", "one\ntwo"), FileText("b.md", "three", is_cut=True))
    assert asked.written(asked.num_file_chars) == (
        "File a.txt:\n```\none\ntwo\n```\n\nBeginning of the file b.md:\n```\nthree\n```\n\nwhy?"
    )
    assert asked.notices_for(asked.num_file_chars) == ["(Of `b.md` I have read only the beginning, 5 characters.)"]


@pytest.mark.parametrize("run", ["```", "````", "`````x`"])
def test_no_file_ends_its_own_fence(run: str) -> None:
    first, second, *_, last, _, _ = question(FileText("a", f"x\n{run}\ny")).written(100).split("\n")
    assert (first, second) == ("File a:", last)
    assert len(second) > run.count("`", 0, 5)
    assert set(second) == {"`"}


def test_the_room_goes_to_small_files_first() -> None:
    files = [FileText("long", "x" * 1000), FileText("short", "y" * 10), FileText("middle", "z" * 300)]
    written = question(*files).written(410)
    assert (written.count("x" * 200), written.count("x" * 201)) == (1, 0)
    assert ("y" * 10 in written, "z" * 200 in written, "z" * 201 in written) == (True, True, False)
    assert len(question(*files).notices_for(410)) == 2


def test_all_files_together_have_a_bound() -> None:
    assert question(*[FileText("a", "x" * MAX_CHARS)] * 10).num_file_chars == MAX_CHARS


@given(
    text=st.text(st.sampled_from("a好 \n`"), min_size=1, max_size=3000),
    dense=st.integers(1, 5),
    limit=st.integers(20, 500),
)
def test_it_is_cut_until_it_fits_in_few_steps(text: str, dense: int, limit: int) -> None:
    def tokens(written: str) -> int:
        return sum(dense if character == "好" else character != " " for character in written)

    asked, num_steps = question(FileText("a", text)), 0
    room = asked.num_file_chars
    while room > 0 and (num_tokens := tokens(asked.written(room))) > limit:
        smaller = asked.smaller(room, num_tokens, limit)
        assert smaller < room
        room, num_steps = smaller, num_steps + 1
    assert num_steps <= 80
