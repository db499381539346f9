"""What the adapters' tests share."""

from collections.abc import Iterator

import pytest

from tests.synapse import NoSynapse, Synapse, synapse


@pytest.fixture(scope="session")
def homeserver() -> Iterator[Synapse]:
    """One Matrix homeserver for all tests; each registers users of its own."""
    try:
        with synapse() as server:
            yield server
    except NoSynapse as error:
        pytest.skip(str(error))
