"""Values of project.json that JSON allows and a project does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from o3d_paint.errors import FormatError
from o3d_paint.project.document import read_old_document

GOLDEN = Path(__file__).parent / "golden" / "format_2" / "project.json"


def changed(tmp_path: Path, **values: Any) -> Path:
    path = tmp_path / "project.json"
    path.write_text(json.dumps({**json.loads(GOLDEN.read_text("utf-8")), **values}))
    return path


@pytest.mark.parametrize("number", [-1, int("9" * 400)])
def test_a_count_of_states_that_no_file_could_be_named_after(tmp_path: Path, number: int) -> None:
    with pytest.raises(FormatError, match=r"'number' .*counts the saved states"):
        read_old_document(changed(tmp_path, number=number))


@pytest.mark.parametrize("wrong", [float("inf"), 1.5, "1", None])
@pytest.mark.parametrize("field", ["id", "color"])
def test_classes_have_whole_numbers(tmp_path: Path, field: str, wrong: object) -> None:
    entry = {"id": 1, "name": "roof", "color": [1, 2, 3]}
    entry[field] = [1, 2, wrong] if field == "color" else wrong
    with pytest.raises(FormatError, match=r"'classes' .*expected id, name and color"):
        read_old_document(changed(tmp_path, classes=[entry]))


def test_the_golden_document_reads(tmp_path: Path) -> None:
    assert len(read_old_document(changed(tmp_path)).taxonomy)
