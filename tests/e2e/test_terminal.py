"""The terminal with piped input: one line, one answer."""

from pathlib import Path

from tests.e2e.program import glmbot
from tests.fakes.model import FakeModel


async def test_each_line_gets_its_answer_and_the_end_of_input_ends_the_program(
    tmp_path: Path, model: FakeModel
) -> None:
    ended = await glmbot(tmp_path, "chat", stdin="one\n\ntwo\n/ping\n三", GLMBOT_INFERENCE__URL=model.url)
    assert (ended.exit_code, ended.stdout) == (0, "echo: one\necho: two\npong\necho: 三\n")


async def test_the_conversation_goes_on_at_the_next_start(tmp_path: Path, model: FakeModel) -> None:
    await glmbot(tmp_path, "chat", stdin="one\n", GLMBOT_INFERENCE__URL=model.url)
    await glmbot(tmp_path, "chat", stdin="two\n", GLMBOT_INFERENCE__URL=model.url)
    assert [message["content"] for message in model.requests[1]["messages"]] == ["one", "echo: one", "two"]


async def test_what_would_steer_the_terminal_is_not_printed(tmp_path: Path, model: FakeModel) -> None:
    ended = await glmbot(tmp_path, "chat", stdin="a\x00b\x1b[2J\n", GLMBOT_INFERENCE__URL=model.url)
    assert (ended.exit_code, ended.stdout) == (0, "echo: a\ufffdb[2J\n")
