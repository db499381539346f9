"""The model fails in each way it can, and every question ends in an answer or in an honest notice."""

from collections import deque

import pytest

from glmbot.phrases import Phrase
from tests.fakes.model import ModelFault
from tests.faults.spec import Mode
from tests.faults.world import World

MAX_ATTEMPTS = 5
"""As the bot's worker has it."""

pytestmark = pytest.mark.parametrize("mode", [Mode.PLAIN], indirect=True)


@pytest.mark.alone
@pytest.mark.parametrize("fault", [ModelFault.OUT_OF_MEMORY, ModelFault.CUT, ModelFault.HANG])
async def test_a_model_that_fails_once_is_asked_again(world: World, fault: ModelFault) -> None:
    world.model.faults.append(fault)
    async with world.running(sections={"inference": {"timeout": 1.0}}):
        await world.ask("c1")
        await world.ask("c2")
        await world.drained()
        found = await world.findings()
        found.check()
        assert found.num_notices == 0


@pytest.mark.parametrize("fault", [ModelFault.OUT_OF_MEMORY, ModelFault.CUT])
async def test_a_model_that_keeps_failing_ends_in_a_notice_and_the_next_question_is_answered(
    world: World, fault: ModelFault
) -> None:
    world.model.faults = deque([fault] * MAX_ATTEMPTS)
    async with world.running():
        await world.ask()
        await world.ask()
        await world.drained()
        found = await world.findings()
        found.check()
        assert found.num_notices == 1
        assert Phrase.MODEL_AWAY.value[1] in world.platform.texts("c1")


async def test_no_numbers_end_in_an_apology_and_the_others_are_answered(world: World) -> None:
    world.model.faults.append(ModelFault.NAN)
    async with world.running():
        await world.ask("c1")
        await world.platform.until(lambda platform: platform.texts("c1"), "the apology")
        await world.ask("c1")
        await world.ask("c2")
        await world.drained()
        found = await world.findings()
        found.check()
        assert found.num_notices == 1


async def test_a_model_that_refuses_for_a_while_answers_all_in_the_end(world: World) -> None:
    world.model.num_refusals = 3
    async with world.running():
        for chat in ("c1", "c1", "c2"):
            await world.ask(chat)
        await world.drained()
        found = await world.findings()
        found.check()
        assert found.num_notices == 0
