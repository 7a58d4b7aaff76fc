"""Every key of every report is in the document about them, and every key there is in a report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.cli.test_answers import NAMES, calls
from tests.conftest import ROOT

DOCUMENT = ROOT / "assets" / "docs" / "json.md"
# Whose keys are names out of the data.
FREE = ("parameters", "votes", "overruled", "seconds", "reached", "reached.*")


def documented(command: str) -> dict[str, str]:
    """Keys and what is said of them, of one command and of every report."""
    found: dict[str, str] = {}
    for section in re.split(r"^## ", DOCUMENT.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        title, _, rest = section.partition("\n")
        if title == "In every report" or command in title.split(", "):
            found |= dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", rest, flags=re.MULTILINE))
    return found


def keys(value: object, path: str = "") -> Iterator[str]:
    """Paths to all values that are no objects; `[]` are the entries of a list."""
    if isinstance(value, dict):
        is_free = path in FREE
        for key, inner in value.items():
            yield from keys(inner, f"{path}.{'*' if is_free else key}".lstrip("."))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for inner in value:
            yield from keys(inner, f"{path}[]")
    elif not (isinstance(value, list) and not value):
        yield path


def agree(report: dict[str, object], command: str) -> None:
    known = documented(command)
    found = set(keys(report))
    # Empty lists show none of their entries' keys.
    assert found <= known.keys(), f"say in {DOCUMENT.name} what these are: {found - known.keys()}"
    empty = {k for k, v in report.items() if v == []}
    missing = {
        key
        for key, text in known.items()
        if key not in found and "absent" not in text and re.split(r"\[\]|\.", key)[0] not in empty
    }
    assert not missing, f"not in the report of {command}, or absent only at times: {missing}"


@pytest.mark.parametrize("name", [*NAMES, "stats"])
def test_reports_agree_with_the_document(run, scene_file, project, tmp_path, name):
    call = {**calls(scene_file, project, tmp_path), "stats": ["stats", project]}[name]
    done = run(*call, "--json", "-")
    assert done.exit_code == 0, done.output
    agree(json.loads(done.stdout), name)


def test_reports_of_other_calls_agree_too(run, scene_file, project, tmp_path):
    cloud = tmp_path / "a.ply"
    saved = tmp_path / "saved.o3dpaint"
    for call in (
        ["info", project],
        ["fuse", project, "--method", "article", "-o", cloud, "--save", saved],
        ["stats", cloud],
        ["eval", "--pred", cloud, "--truth", cloud],
        ["eval", project, "-o", tmp_path / "errors"],
        ["taxonomies", "asprs", "-o", tmp_path / "c.json"],
        ["fuse", project, "-o", tmp_path / "b.ply", "--save", saved, "-y"],
        ["recover", saved],
    ):
        done = run(*call, "--json", "-")
        assert done.exit_code == 0, done.output
        report = json.loads(done.stdout)
        agree(report, call[0])
    number = report["states"][0]["number"]
    done = run("recover", saved, "--restore", number, "--json", "-")
    agree(json.loads(done.stdout), "recover")


def test_what_could_not_be_written_is_in_the_report(run, project, tmp_path, monkeypatch):
    import o3d_paint.io.exporters.ply as ply
    from o3d_paint.errors import StorageError

    def full(*_, **__):
        raise StorageError("cannot write: the disk is full")

    monkeypatch.setattr(ply, "replacing", full)
    out = [tmp_path / "a.ply", tmp_path / "b.npy"]
    done = run("export", project, "-o", out[0], "-o", out[1], "--json", tmp_path / "r.json")
    assert done.exit_code == 1
    assert "the disk is full" in done.output
    assert out[1].exists()
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert report["outputs"] == [str(out[1])]
    assert [f["output"] for f in report["failed"]] == [str(out[0])]
    agree(report, "export")
