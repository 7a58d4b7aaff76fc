"""Processes of the program's own run nothing that lies in the folder where they start."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from o3d_paint.child_process import module_folders, program_command, python_command
from tests.conftest import ROOT

NAMES = ("numpy", "json", "typing", "pathlib", "open3d", "typer", "sitecustomize", "usercustomize")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder with modules of the names that every start needs."""
    folder = tmp_path / "received"
    folder.mkdir()
    for name in NAMES:
        text = f"open({str(tmp_path / 'ran')!r}, 'a').write('{name} ')\nraise SystemExit(9)\n"
        (folder / f"{name}.py").write_text(text)
    return folder


def ran(folder: Path) -> str:
    mark = folder.parent / "ran"
    return mark.read_text() if mark.exists() else ""


def run(command: list[str], cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **env},
    )


@pytest.mark.parametrize("search", ["", ".", os.pathsep, f".{os.pathsep}{ROOT}"])
def test_a_childs_modules_are_not_the_folders(hostile: Path, search: str) -> None:
    code = "import numpy, typing, json, o3d_paint.io.isolated, o3d_paint.cli\nprint(sys.argv[1])"
    done = run(python_command(code, "said"), hostile, PYTHONPATH=search)
    assert (done.returncode, done.stdout) == (0, "said\n"), done.stderr
    assert ran(hostile) == ""


def test_the_program_itself_started_anew(hostile: Path) -> None:
    done = run(program_command("info", "nothing.npz"), hostile)
    assert done.returncode == 1
    assert "there is no file nothing.npz" in done.stderr
    assert ran(hostile) == ""


def test_a_module_named_on_the_command_line_drops_the_folder(tmp_path: Path) -> None:
    """What Python itself and the package's first line need lies before our reach; the rest not."""
    (tmp_path / "numpy.py").write_text("raise SystemExit(9)")
    (tmp_path / "typer.py").write_text("raise SystemExit(9)")
    done = run([sys.executable, "-m", "o3d_paint", "info", "x.npz"], tmp_path, PYTHONPATH=str(ROOT))
    assert "there is no file x.npz" in done.stderr


def test_relative_and_current_folders_are_no_place_for_modules(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    added = ["", ".", "lib", str(tmp_path), str(tmp_path / "elsewhere")]
    monkeypatch.setattr(sys, "path", [*added, *sys.path])
    found = module_folders()
    assert not {"", ".", "lib", str(tmp_path)} & set(found)
    assert str(tmp_path / "elsewhere") in found


def test_a_checkout_is_found_from_within(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    assert str(ROOT) in module_folders()


def test_in_a_virtual_environment_that_knows_the_package_by_a_path_file(tmp_path: Path) -> None:
    """An editable install is a line in a .pth file of site-packages."""
    place = tmp_path / "env"
    venv.create(place, with_pip=False, symlinks=os.name != "nt")
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = run([str(python), "-c", where], tmp_path).stdout.strip()
    Path(site, "o3d_paint.pth").write_text(f"{ROOT}\n")
    code = (
        "import subprocess\nfrom o3d_paint.child_process import python_command\n"
        "command = python_command('import o3d_paint, sys; print(sys.prefix, o3d_paint.__file__)')\n"
        "print(subprocess.run(command, capture_output=True, text=True).stdout)"
    )
    said = run([str(python), "-c", code], tmp_path).stdout.split()
    assert Path(said[0]).samefile(place)
    assert Path(said[1]).samefile(ROOT / "o3d_paint" / "__init__.py")
