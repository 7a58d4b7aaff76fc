"""The set-up functions, with stand-ins for the programs of other machines on PATH."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(platform.system() == "Windows", reason="the scripts need bash")
BASH = shutil.which("bash") or "bash"


class Machine:
    """A folder of stand-in programs that is all of PATH; each notes how it was called."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.calls.touch()
        self.bin.mkdir()
        for name in ("cat", "cksum", "dirname", "env", "sed"):
            (self.bin / name).symlink_to(shutil.which(name) or name)

    def program(self, name: str, body: str) -> None:
        path = self.bin / name
        path.write_text(f'#!{BASH}\necho "{name} $*" >> {self.calls}\n{body}\n')
        path.chmod(0o755)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BASH, "-uc", f". {ROOT}/scripts/setup.sh\n{script}"],
            env={"PATH": str(self.bin)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def called(self, name: str) -> list[str]:
        return [line for line in self.calls.read_text().splitlines() if line.split()[0] == name]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


INSTALL = 'install_system "libraries are missing" "apt-get install -y libgl1"'


@pytest.mark.parametrize("sudo", [None, "exit 1"])
def test_without_rights_the_one_command_is_printed(machine: Machine, sudo: str | None) -> None:
    machine.program("id", "echo 1000")
    machine.program("apt-get", "")
    if sudo:
        machine.program("sudo", sudo)
    done = machine.run(INSTALL)
    assert done.returncode == 1
    assert "sudo apt-get install -y libgl1" in done.stderr
    assert not machine.called("apt-get")


def test_root_installs(machine: Machine) -> None:
    machine.program("id", "echo 0")
    machine.program("apt-get", "")
    assert machine.run(INSTALL).returncode == 0
    assert machine.called("apt-get") == ["apt-get update -qq", "apt-get -qq install -y libgl1"]


def test_sudo_without_password_installs(machine: Machine) -> None:
    machine.program("id", "echo 1000")
    machine.program("sudo", 'shift; exec "$@"')
    machine.program("true", "")
    machine.program("apt-get", "")
    assert machine.run(INSTALL).returncode == 0
    assert machine.called("apt-get")[-1] == "apt-get -qq install -y libgl1"


def test_failing_package_manager_is_said(machine: Machine) -> None:
    machine.program("id", "echo 0")
    machine.program("apt-get", '[ "$1" = update ] || exit 100')
    done = machine.run(INSTALL)
    assert done.returncode == 1
    assert "code 100" in done.stderr


def test_unknown_package_manager_is_said(machine: Machine) -> None:
    machine.program("id", "echo 0")
    done = machine.run('install_system "libraries are missing" "install libGL.so.1"')
    assert done.returncode == 1
    assert "libGL.so.1" in done.stderr


def test_only_a_python_with_a_wheel_is_taken(machine: Machine) -> None:
    machine.program("python3", "exit 1")
    machine.program("python3.11", "exit 0")
    machine.program("python3.10", "exit 0")
    done = machine.run('find_python && echo "$python"')
    assert done.stdout.strip() == str(machine.bin / "python3.11")


def test_no_python_and_no_way_to_get_one_is_said(machine: Machine) -> None:
    done = machine.run("require_python")
    assert done.returncode == 1
    assert "no Python 3.10 to 3.13" in done.stderr


def test_second_start_installs_nothing_until_the_dependencies_change(
    machine: Machine, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text("one")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    machine.program("pip-stand-in", "")
    python.symlink_to(machine.bin / "pip-stand-in")
    setup = f"root={tmp_path}; venv={tmp_path}/.venv\n"

    def installs(kind: str) -> int:
        before = len(machine.called("pip-stand-in"))
        done = machine.run(f"{setup}install_package {kind}")
        assert done.returncode == 0, done.stderr
        return len(machine.called("pip-stand-in")) - before

    assert [installs("base"), installs("base")] == [1, 0]
    # The development install brings everything that the plain one does.
    assert [installs("dev"), installs("base"), installs("dev")] == [1, 0, 0]
    (tmp_path / "pyproject.toml").write_text("two")
    assert [installs("base"), installs("dev")] == [1, 1]


def test_failed_install_is_tried_again(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("one")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    machine.program("broken-pip", "exit 1")
    python.symlink_to(machine.bin / "broken-pip")
    for _ in range(2):
        done = machine.run(f"root={tmp_path}; venv={tmp_path}/.venv\ninstall_package base")
        assert done.returncode == 1
        assert "pip could not install" in done.stderr
    assert len(machine.called("broken-pip")) == 2


@pytest.mark.parametrize("script", ["setup.sh", "demo", "test", "test-versions"])
def test_scripts_are_valid_bash(script: str) -> None:
    subprocess.run([BASH, "-n", ROOT / "scripts" / script], check=True, timeout=30)
