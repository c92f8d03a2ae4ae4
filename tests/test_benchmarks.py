"""The arithmetic of the benchmarks that is theirs alone."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.study_table import brier, calibration_error


def test_how_far_a_probability_can_be_believed() -> None:
    truth = np.array([True, False, True, False])
    assert brier(truth, np.array([1.0, 0.0, 1.0, 0.0])) == 0
    assert brier(truth, np.full(4, 0.5)) == 0.25
    # One bin, mean probability 0.55, half of them true; then each alone and wrong by 0.9.
    assert calibration_error(truth, np.array([0.51, 0.53, 0.57, 0.59])) == pytest.approx(0.05)
    assert calibration_error(truth, np.array([0.1, 0.9, 0.1, 0.9])) == pytest.approx(0.9)
    # What is right in one bin does not make up for what is wrong in another.
    assert calibration_error(truth, np.array([0.05, 0.05, 0.95, 0.95])) == pytest.approx(0.45)
    assert calibration_error(np.array([True]), np.array([1.0])) == 0
