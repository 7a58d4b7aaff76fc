"""What users get: built from the source archive, installed into an empty environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import o3d_paint
from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


def run(*words: object, **options: object) -> str:
    command = [str(word) for word in words]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=600, check=False, **options
    )
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the source archive, as a packager would."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT)
    assert [path.name for path in out.glob("*.tar.gz")] == [
        f"o3d_paint-{o3d_paint.__version__}.tar.gz"
    ]
    return next(out.glob("*.whl"))


def test_wheel_holds_the_package_its_assets_and_its_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    sources = [path.relative_to(ROOT) for path in (ROOT / "o3d_paint").rglob("*.py")]
    assets = [path for path in (ROOT / "assets").rglob("*") if path.is_file()]
    shown = [path for path in assets if path.parent.name in ("screenshots", "docs")]
    assets = [path for path in assets if path not in shown]
    assert {source.as_posix() for source in sources} <= set(names)
    assert {
        f"o3d_paint/_assets/{a.relative_to(ROOT / 'assets').as_posix()}" for a in assets
    } <= set(names)
    assert not [name for name in names if "screenshots" in name]
    assert "o3d_paint/py.typed" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "scripts/"))]


def interpreter(version: str) -> str:
    """Returns a Python of this version; the running one counts wherever it lies."""
    if sys.version_info[:2] == tuple(int(part) for part in version.split(".")):
        return sys.executable
    found = shutil.which(f"python{version}")
    # A version manager's stand-in may be on PATH and know no such version.
    if (
        found is None
        or subprocess.run(
            [found, "-c", "import venv, ensurepip"], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip(f"no usable python{version} on PATH")
    return found


@pytest.mark.parametrize("version", PYTHONS)
def test_wheel_works_in_an_empty_environment(wheel: Path, version: str, tmp_path: Path) -> None:
    folder = tmp_path / "environment"
    # Plain environments, so that nothing of this checkout or its .venv can help.
    outside = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    run(interpreter(version), "-m", "venv", folder, env=outside)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "--no-input", wheel, env=outside)
    inside = {"env": outside, "cwd": tmp_path}

    assert o3d_paint.__version__ in run(folder / "bin" / "o3d-paint", "--version", **inside)
    assert "doctor" in run(python, "-m", "o3d_paint", "--help", **inside)
    where = run(
        python,
        "-c",
        "from o3d_paint.assets import asset; print(asset('o3d-paint.desktop'))",
        **inside,
    )
    assert str(folder) in where
    run(folder / "bin" / "o3d-paint", "demo", "--headless", "--out", tmp_path / "out", **inside)
    assert (tmp_path / "out" / "demo_labelled.ply").stat().st_size > 0
