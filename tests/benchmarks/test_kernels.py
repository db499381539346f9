"""The benchmark of the kernels measures all contenders that are installed."""

import pytest
from kernels import ROWS, measure

from glmbot.serving.models import compiled


@pytest.mark.skipif(not compiled.is_usable(), reason="there are no compiled kernels for this machine")
@pytest.mark.parametrize("bits", [4, 8])
def test_every_number_of_rows_is_measured_for_ours_and_torchs(bits: int) -> None:
    rates = measure(bits, num_matrices=4, rounds=2, with_onnx=False, shape=(1024, 1024))
    assert set(rates) == {"ours", "torch"}
    assert set(rates["torch"]) == {str(rows) for rows in ROWS}
    assert set(rates["ours"]) == set(rates["torch"]) | {"share_of_bandwidth_1"}
    assert all(rate > 0 for one in rates.values() for rate in one.values())
