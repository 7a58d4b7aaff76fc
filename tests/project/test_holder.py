"""Who holds a project is said in words for people."""

from __future__ import annotations

from datetime import datetime

import pytest

from o3d_paint.project.lock import Holder


def test_a_holder_says_the_time_of_clocks_here() -> None:
    here = datetime(2026, 11, 23, 14, 56, 43).astimezone()
    holder = Holder("ann", "desk", 17, here.isoformat())
    assert str(holder) == "ann on desk (process 17, since 2026-11-23 14:56)"


@pytest.mark.parametrize("since", ["", "yesterday"])
def test_a_time_that_is_none_is_said_as_it_stands(since: str) -> None:
    assert f"since {since}" in str(Holder("ann", "desk", 17, since))
