"""What is said after Ctrl+S is so."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.project.session import open_session
from o3d_paint.ui.notices import Notices
from o3d_paint.ui.project_saving import save_project
from tests.project.scenes import strip_scene


def _fail(error: Exception) -> None:
    raise error


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_saved_is_said_once_it_is_saved_and_not_on_a_full_disk(tmp_path: Path) -> None:
    from tests.project.test_faults import file_size_limit

    said: list[tuple[str, str]] = []
    session = open_session(strip_scene(num_points=200), tmp_path / "p", classes=["a"])
    notices = Notices(lambda text, kind="info": said.append((text, kind)), _fail)
    save = partial(save_project, session, None, notices)  # type: ignore[arg-type]  # asks nothing
    session.project.save_failed.connect(lambda error: said.append((str(error), "error")))
    session.project.paint(0, Stroke(np.array([[80.0, 500.0]]), 50, 1))
    with file_size_limit(0):
        save()
        assert [kind for _, kind in said] == ["error"]
    save()
    assert [kind for _, kind in said] == ["error", "good"]
    assert str(tmp_path / "p") in said[-1][0]
    session.close()
