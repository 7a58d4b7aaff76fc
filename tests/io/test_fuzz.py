"""A short run of ``scripts/bench.py fuzz``: damaged files are read or refused in words."""

from __future__ import annotations

import sys
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT

_INPUTS = 200
_SLOW = {"project": 20, "whole-scene": 60}

sys.path.insert(0, str(ROOT / "scripts"))
from bench.fuzz import Case, clock  # noqa: E402
from bench.fuzz_targets import TARGETS  # noqa: E402


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_files_are_read_or_refused(tmp_path, name):
    case = Case(name, tmp_path)
    case.check()

    @settings(
        max_examples=_SLOW.get(name, _INPUTS),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(1_000_000, 2**40))
    def check(number: int) -> None:
        with clock(20), warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            warnings.simplefilter("error", UserWarning)
            assert case.try_input(number) in ("read", "refused")

    check()
