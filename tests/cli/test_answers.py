"""What commands say and where: JSON alone on standard output, quiet, notes, no report lost."""

from __future__ import annotations

import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from o3d_paint import __version__
from o3d_paint.cli import app


def flat(text: str) -> str:
    """The text without the box that errors are drawn in, in one line."""
    return " ".join(text.replace("│", " ").split())


COMMANDS = typer.main.get_command(app).commands


def calls(scene_file, project, folder):
    """A sensible call of each command that answers, with outputs of its own."""
    return {
        "info": ["info", scene_file],
        "import": ["import", scene_file, "-o", folder / "copy.npz"],
        "fuse": ["fuse", scene_file, "--project", project, "-o", folder / "fused.ply"],
        "export": ["export", project, "-o", folder / "out.ply"],
        "masks": ["masks", project, "-o", folder / "masks"],
        "eval": ["eval", project],
        "review": ["review", project, "-o", folder / "review"],
        "render": ["render", project, "-o", folder / "out.png", "--size", "64x48"],
        "taxonomies": ["taxonomies"],
        "recover": ["recover", project],
    }


NAMES = list(calls("", "", __import__("pathlib").Path()))


@pytest.mark.parametrize("name", NAMES)
def test_json_stands_alone_on_standard_output(run, scene_file, project, tmp_path, name):
    done = run(*calls(scene_file, project, tmp_path)[name], "--json", "-")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["version"] == 1
    assert report["command"] == name
    assert report["program"] == __version__
    assert all(isinstance(sentence, str) for sentence in report["notes"])


@pytest.mark.parametrize("name", NAMES)
def test_the_same_report_goes_into_a_file(run, scene_file, project, tmp_path, name):
    call = calls(scene_file, project, tmp_path)[name]
    done = run(*call, "--json", tmp_path / "r.json")
    assert done.exit_code == 0, done.output
    assert done.stdout.strip()
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    again = run(*call, "-y", "--json", "-") if "-o" in call else run(*call, "--json", "-")
    assert report.keys() == json.loads(again.stdout).keys()


@pytest.mark.parametrize("name", NAMES)
def test_quiet_prints_nothing_beside_the_report(run, scene_file, project, tmp_path, name):
    call = calls(scene_file, project, tmp_path)[name]
    done = run(*call, "-q", "--json", tmp_path / "r.json")
    assert done.exit_code == 0, done.output
    assert done.output == ""
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["command"] == name


def test_the_file_may_be_left_out_at_the_end_and_before_options(run, scene_file):
    for words in (["--json"], ["--json", "-q"], ["--json", "--up", "z"]):
        done = run("info", scene_file, *words)
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["command"] == "info"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_quiet_and_all_but_the_window_json(name):
    options = {o for p in COMMANDS[name].params for o in p.opts}
    assert {"--quiet", "-q"} <= options
    assert ("--json" in options) == (name != "open")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_output_goes_by_the_same_letter(name):
    """Nothing is written by an option of another name alone."""
    for parameter in COMMANDS[name].params:
        if {"--output", "--out", "--pictures"} & set(parameter.opts):
            assert {"-o", "--output"} <= set(parameter.opts)


@pytest.mark.parametrize("name", ["import", "fuse", "export", "masks", "review", "render"])
def test_report_and_output_of_one_name_are_refused(run, scene_file, project, tmp_path, name):
    call = calls(scene_file, project, tmp_path)[name]
    place = call[call.index("-o") + 1]
    done = run(*call, "--json", place)
    assert done.exit_code == 1
    assert "would be written twice" in flat(done.output)
    assert not place.exists()


def test_the_report_is_never_written_over_what_was_read(run, scene_file, project):
    before = scene_file.read_bytes()
    for call in (["info", scene_file], ["export", project, "-o", project.parent / "a.ply"]):
        done = run(*call, "--json", scene_file, "-y")
        assert done.exit_code == 1
        assert "is being read" in done.output
    assert scene_file.read_bytes() == before


def test_a_report_that_is_there_is_kept_unless_told(run, project, tmp_path):
    (tmp_path / "r.json").write_text("precious")
    assert run("eval", project, "--json", tmp_path / "r.json").exit_code == 1
    assert (tmp_path / "r.json").read_text() == "precious"
    assert run("eval", project, "--json", tmp_path / "r.json", "-y").exit_code == 0


def test_what_is_said_is_in_the_report_too(run, scene_file, project, tmp_path):
    done = run("masks", project, "-o", tmp_path / "m", "--min-region", 5, "--json", "-")
    said = [line.removeprefix("note: ") for line in done.stderr.splitlines()]
    assert "--min-region has no effect but with --format yolo." in said
    assert set(said) <= set(json.loads(done.stdout)["notes"])


@pytest.mark.parametrize(
    ("word", "meant"),
    [("fues", "fuse"), ("exprt", "export"), ("mask", "masks"), ("EVAL", "eval"), ("dmo", "demo"),
     ("statistics", "stats"), ("convert", "import")],
)  # fmt: skip
def test_a_mistyped_command_is_answered_with_the_nearest(run, scene_file, word, meant):
    done = run(word, scene_file)
    assert done.exit_code == 2
    assert f"did you mean o3d-paint {meant}?" in flat(done.output)


def test_a_first_word_that_is_nothing_known(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("zzz")
    assert done.exit_code == 2
    assert "no command 'zzz'" in done.output
    # A name that looks like a file is one that is missing.
    assert "does not exist" in run("zzz.npz").output


def test_a_mistyped_option_is_answered_with_the_nearest(run, scene_file):
    done = run("fuse", scene_file, "--maks", "m")
    assert done.exit_code == 2
    assert "--masks" in done.output


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_long_lists_of_options_are_grouped(name):
    """At most fifteen options under one heading, so that what matters is found."""
    counts: dict[str, int] = {}
    for parameter in COMMANDS[name].params:
        if parameter.param_type_name == "option" and not parameter.hidden:
            panel = getattr(parameter, "rich_help_panel", None) or "Options"
            counts[panel] = counts.get(panel, 0) + 1
    assert max(counts.values(), default=0) <= 15
    assert counts.get("Options", 0) <= 9


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_help_has_an_example(name):
    done = CliRunner().invoke(app, [name, "--help"])
    assert done.exit_code == 0
    assert "Example: o3d-paint" in flat(done.output)


def test_numbers_without_names_are_said_to_be_compared_as_they_are(run, project, tmp_path):
    run("export", project, "-o", tmp_path / "a.ply")
    np.save(tmp_path / "truth.npy", np.ones(7, np.int32))
    done = run("eval", "--pred", tmp_path / "truth.npy", "--truth", tmp_path / "truth.npy")
    assert "no names of classes, so their numbers were compared" in done.output
