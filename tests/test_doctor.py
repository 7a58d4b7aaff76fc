from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from o3d_paint import doctor, system_packages
from o3d_paint.system_packages import LIBRARIES, TEST_PROGRAMS, VULKAN_DRIVER, Requirement
from o3d_paint.ui import preflight
from tests.conftest import ROOT

linux = pytest.mark.skipif(platform.system() != "Linux", reason="about Linux packages")
ABSENT = Requirement("libnowhere.so.9", "libnowhere9", "nowhere", "nowhere", "libnowhere9")


def test_every_requirement_names_a_package_for_every_manager() -> None:
    for requirement in (*LIBRARIES, VULKAN_DRIVER, *TEST_PROGRAMS):
        for manager in ("apt", "dnf", "pacman", "zypper"):
            package = requirement.package(manager)
            assert package
            assert " " not in package


# What every Linux brings: the C library, and what Python or the package manager stand on.
OF_EVERY_SYSTEM = (
    "libc.", "libm.", "libgcc_s.", "libpthread.", "libdl.", "librt.", "ld-linux", "libz.",
)  # fmt: skip


def linked_against(start: Path, bundled: dict[str, Path]) -> set[str]:
    """The system's libraries that a library needs, itself or by those that its wheel brings."""
    if shutil.which("readelf") is None:
        pytest.skip("readelf is not installed")
    wanted: set[str] = set()
    waiting, seen = [start], {start}
    while waiting:
        listing = subprocess.run(
            ["readelf", "-d", waiting.pop()], capture_output=True, text=True, check=True
        ).stdout
        for line in listing.splitlines():
            if "(NEEDED)" not in line:
                continue
            name = line.split("[")[1].rstrip("]")
            path = bundled.get(name)
            if path is None:
                wanted.add(name)
            elif path not in seen:
                seen.add(path)
                waiting.append(path)
    return {name for name in wanted if not name.startswith(OF_EVERY_SYSTEM)}


def wheels_folder(package: str) -> Path:
    return next(Path(path) for path in sys.path if (Path(path) / package).is_dir())


@linux
def test_table_covers_what_open3d_links_against() -> None:
    folder = wheels_folder("open3d") / "open3d"
    bundled = {path.name: path for path in folder.iterdir()}
    wanted = linked_against(next(folder.glob("libOpen3D.so*")), bundled)
    assert "libGL.so.1" in wanted
    assert wanted <= {library.name for library in LIBRARIES}


@linux
def test_table_covers_what_opencv_links_against() -> None:
    """By way of the Qt that opencv-python brings: libGL, glib and, since 5.0, libxcb."""
    folder = wheels_folder("cv2")
    bundled = {path.name: path for path in folder.glob("opencv_python*.libs/*")}
    wanted = linked_against(next((folder / "cv2").glob("cv2*.so")), bundled)
    assert wanted
    assert wanted <= {library.name for library in LIBRARIES}


def test_command_installs_each_package_once(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = {"dnf"}
    monkeypatch.setattr(shutil, "which", lambda name: name if name in programs else None)
    glib = [library for library in LIBRARIES if library.dnf == "glib2"]
    assert len(glib) == 2
    assert system_packages.install_command([*glib, VULKAN_DRIVER]).split()[-3:] == [
        "--setopt=install_weak_deps=False",
        "glib2",
        "mesa-vulkan-drivers",
    ]


def test_command_without_a_known_manager_names_the_things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert system_packages.install_command([VULKAN_DRIVER]) == "install a Vulkan driver"


@linux
def test_missing_library_is_found_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_packages, "LIBRARIES", (ABSENT,))
    assert system_packages.missing_libraries() == (ABSENT,)
    check = preflight.Preflight.start().check()
    assert not check.ok
    assert check.detail == "libnowhere.so.9 is missing"
    assert "nowhere" in check.remedy


def test_named_driver_files_replace_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = tmp_path / "mine_icd.json"
    manifest.write_text(json.dumps({"ICD": {"library_path": "./libmine.so"}}))
    monkeypatch.setenv("VK_DRIVER_FILES", f"{manifest}{os.pathsep}{tmp_path / 'none.json'}")
    assert system_packages.vulkan_manifests() == (manifest, tmp_path / "none.json")
    assert system_packages.vulkan_drivers() == ()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ICD": 3}', '{"ICD": {}}'])
def test_damaged_manifest_is_no_driver(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.json").write_text(text)
    monkeypatch.setenv("VK_DRIVER_FILES", str(tmp_path / "bad.json"))
    assert system_packages.vulkan_drivers() == ()


def test_bare_python_prints_what_the_scripts_run(tmp_path: Path) -> None:
    """The scripts ask before anything is installed: the standard library has to do."""
    environment = {**os.environ, "VK_DRIVER_FILES": str(tmp_path / "none.json")}
    done = subprocess.run(
        [sys.executable, "-S", "-m", "o3d_paint.system_packages", "--tests"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    if platform.system() == "Linux":
        assert done.stdout.count("\n") == 1
        assert system_packages.install_command([VULKAN_DRIVER]).split()[-1] in done.stdout


def test_report_is_complete_and_every_fault_has_a_remedy() -> None:
    report = doctor.doctor_report()
    names = [check.name for check in report]
    assert len(names) == len(set(names))
    assert {"O3D Paint", "Python", "OpenCV", "Open3D", "display", "memory"} <= set(names)
    for check in report:
        assert check.detail
        assert bool(check.remedy) != check.ok


def test_report_does_not_import_open3d() -> None:
    program = (
        "import sys; from o3d_paint.doctor import doctor_report; doctor_report();"
        "print('open3d' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"


def test_old_open3d_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "OPEN3D_VERSION", "9.9")
    check = next(check for check in doctor.doctor_report() if check.name == "Open3D")
    assert not check.ok
    assert "9.9" in check.remedy


NO_DRIVER = """trial window: window
FEngine resolved backend: Vulkan
terminate called after throwing an instance of 'utils::PostconditionPanic'
in createVkInstance:939
reason: Unable to create Vulkan instance. error=-9
"""


def test_diagnosis_of_a_driver_that_aborts() -> None:
    check = preflight.diagnose("trial window: start\ntrial window: window\nSegmentation fault", -11)
    assert not check.ok
    assert "graphics driver failed (the trial ended with code -11)" in check.detail


def test_diagnosis_of_a_driver_that_hangs() -> None:
    check = preflight.diagnose("trial window: window\ntrial window: draw\n", None)
    assert "did not answer" in check.detail


def test_diagnosis_without_a_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VK_DRIVER_FILES", str(tmp_path / "none.json"))
    check = preflight.diagnose(NO_DRIVER, -6)
    assert "VK_DRIVER_FILES" in check.detail
    assert "unset" in check.remedy


def test_diagnosis_of_a_broken_install_shows_its_last_line() -> None:
    text = "trial window: import\nModuleNotFoundError: No module named 'open3d'\n"
    check = preflight.diagnose(text, 1)
    assert "No module named 'open3d'" in check.detail
    assert "o3d-paint doctor" in check.remedy
