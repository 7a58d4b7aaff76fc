"""Commands on machines where OpenCV does not find the libraries of the system it is linked with."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys

import pytest

from o3d_paint import system_packages
from tests.conftest import ROOT

NOT_FOUND = "cannot open shared object file: No such file or directory"
LIBRARIES = {library.name: library for library in system_packages.LIBRARIES}
linux = pytest.mark.skipif(platform.system() != "Linux", reason="about Linux packages")


@pytest.fixture
def run_without(tmp_path):
    """Runs commands in a process of their own, in which importing cv2 runs the code given."""

    def run(code, *arguments, module="o3d_paint"):
        folder = tmp_path / "broken"
        folder.mkdir(exist_ok=True)
        (folder / "cv2.py").write_text(code)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
        environment.pop("DISPLAY", None)
        start = ["-m", module]
        if module == "script":
            start = ["-c", "from o3d_paint.cli import main; main()"]
        return subprocess.run(
            [sys.executable, *start, *map(str, arguments)],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def without(soname):
    return f"raise ImportError({f'{soname}: {NOT_FOUND}'!r})"


@linux
@pytest.mark.parametrize("soname", ["libGL.so.1", "libglib-2.0.so.0", "libxcb.so.1"])
@pytest.mark.parametrize("module", ["o3d_paint", "script"])
def test_one_sentence_names_the_library_and_its_package(
    run_without, scene_file, tmp_path, soname, module
):
    arguments = ("fuse", scene_file, "--masks", tmp_path, "-o", tmp_path / "out.ply")
    done = run_without(without(soname), *arguments, module=module)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith(f"o3d-paint: {soname} is missing; install ")
    manager = system_packages.package_manager()
    wanted = LIBRARIES[soname].package(manager) if manager else soname
    assert wanted in done.stderr.replace("`", " ").split()
    assert not (tmp_path / "out.ply").exists()


@linux
@pytest.mark.parametrize(
    "command",
    [
        ("SCENE",),
        ("info", "SCENE"),
        ("export", "PROJECT", "-o", "out.ply"),
        ("import", "SCENE", "-o", "out.npz"),
        ("masks", "PROJECT", "-o", "masks"),
        ("demo", "--headless", "--out", "out"),
    ],
    ids=lambda command: command[0],
)
def test_every_command_says_it(run_without, scene_file, project, command):
    names = {"SCENE": scene_file, "PROJECT": project}
    done = run_without(without("libGL.so.1"), *(names.get(word, word) for word in command))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "o3d-paint: libGL.so.1 is missing; install " in done.stderr


@linux
def test_doctor_runs_without_opencv_and_says_what_it_lacks(run_without):
    done = run_without(without("libGL.so.1"), "doctor", "--json")
    assert done.returncode == 1
    assert not done.stderr
    check = next(c for c in json.loads(done.stdout)["checks"] if c["name"] == "OpenCV")
    assert (check["ok"], check["detail"]) == (False, "does not load without libGL.so.1")
    assert check["remedy"] == system_packages.remedy_for("libGL.so.1")


@linux
def test_doctor_says_how_to_mend_an_opencv_that_is_broken(run_without):
    done = run_without("raise ImportError('no module named cv2.cv2')", "doctor")
    assert done.returncode == 1
    assert "python -m pip install --force-reinstall opencv-python" in done.stdout


@linux
def test_the_linkers_own_words_are_understood(run_without, scene_file):
    """Of a library that is in no table: the name is all that can be said."""
    done = run_without("import ctypes; ctypes.CDLL('libnowhere.so.9')", "info", scene_file)
    assert done.returncode == 1
    assert done.stderr == (
        "o3d-paint: libnowhere.so.9 is missing; "
        "install the package of this system that holds libnowhere.so.9\n"
    )


def test_another_failing_import_is_not_hidden(run_without, scene_file):
    """A mistake in the program is no lack of the machine."""
    done = run_without("raise ImportError('cannot import name x')", "info", scene_file)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "cannot import name x" in done.stderr


@linux
def test_all_that_is_missing_comes_with_one_command(monkeypatch):
    absent = system_packages.Requirement("libnowhere.so.9", *["nowhere"] * 4)
    table = (*system_packages.LIBRARIES, absent)
    monkeypatch.setattr(system_packages, "LIBRARIES", table)
    monkeypatch.setattr(system_packages, "package_manager", lambda: "apt")
    said = system_packages.remedy_for("libglib-2.0.so.0")
    assert said.startswith("install it, and what else is missing, with `")
    assert said.endswith(" libglib2.0-0 nowhere`")
