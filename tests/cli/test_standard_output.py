"""What ``-`` and devices are for outputs: the standard output for one text, nothing else."""

from __future__ import annotations

import json
import os

import pytest


@pytest.mark.parametrize(
    "call",
    [
        ["masks", "{p}", "-o", "-"],
        ["masks", "{p}", "-o", "-", "--format", "coco"],
        ["review", "{p}", "-o", "-"],
        ["eval", "{p}", "-o", "-"],
        ["export", "{p}", "-o", "-"],
        ["fuse", "{s}", "--project", "{p}", "-o", "-"],
        ["fuse", "{s}", "--project", "{p}", "--save", "-"],
        ["demo", "--headless", "-o", "-"],
    ],
    ids=lambda call: " ".join(call),
)
def test_what_is_no_single_text_does_not_go_there(
    run, scene_file, project, tmp_path, monkeypatch, call
):
    monkeypatch.chdir(tmp_path)
    before = set(os.listdir())
    done = run(*(word.format(s=scene_file, p=project) for word in call))
    assert done.exit_code == 1
    assert "- is the standard output" in done.output
    assert set(os.listdir()) == before


def test_a_class_list_goes_there_alone(run):
    done = run("taxonomies", "asprs", "-o", "-")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["classes"]
    assert run("taxonomies", "asprs", "-o", "-", "--json", "-").exit_code == 2


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="there are no devices here")
def test_devices_are_told_from_files_before_anything_is_asked(run, scene_file, project):
    for call in (
        ["info", scene_file, "--json", "/dev/zero"],
        ["stats", project, "--csv", "/dev/zero"],
        ["taxonomies", "asprs", "-o", "/dev/zero"],
    ):
        done = run(*call)
        assert done.exit_code == 1
        assert "/dev/zero is a device or a pipe, not a file: name a file, or -" in done.output


@pytest.mark.skipif(os.name == "nt", reason="it is called NUL")
def test_nowhere_is_not_asked_about(run, scene_file):
    done = run("info", scene_file, "--json", os.devnull)
    assert done.exit_code == 0, done.output
    assert not os.path.isfile(os.devnull)
