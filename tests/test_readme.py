from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from o3d_paint.cli import app

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "assets" / "docs"
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def command_lines() -> list[list[str]]:
    """Every line of the program in a block of commands, as it is typed."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    typed = [shlex.split(line, comments=True) for line in lines]
    return [words for words in typed if words and words[0] == "o3d-paint"]


def test_pages_of_files_and_keys_are_the_programs_own() -> None:
    check = [sys.executable, str(ROOT / "scripts" / "docs_tables.py"), "--check"]
    result = subprocess.run(check, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_it_is_short_and_leads_on() -> None:
    assert len(README.splitlines()) <= 250
    for page in [ROOT / "README.md", *(ROOT / "assets" / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", ["README.md", *sorted(p.name for p in DOCS.glob("*.md"))])
def test_options_in_the_text_exist(page: str) -> None:
    text = ((ROOT if page == "README.md" else DOCS) / page).read_text("utf-8")
    commands = typer.main.get_command(app).commands
    options = {o for c in commands.values() for p in c.params for o in (*p.opts, *p.secondary_opts)}
    named = set(re.findall(r"`[^`\n]*?(--[a-z][a-z-]+)", text))
    # Those of scripts and of other programs.
    others = {"--seeds", "--scene", "--masks", "--project", "--close-ups", "--size", "--turn"}
    others |= {"--kills", "--version", "--min-region", "--help", "--captures", "--only"}
    others |= {
        "--export-dir",
        "--export-format",
        "--workspace",
        "--image",
        "--data",
        "--output-dir",
    }
    assert named <= options | others


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_line_runs_in_order_in_one_folder(tmp_path) -> None:
    environment = {**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    assert len(command_lines()) > 10
    for words in command_lines():
        done = subprocess.run(
            [sys.executable, "-m", "o3d_paint", *words[1:]],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{shlex.join(words)}\n{done.stderr}"
        for i, word in enumerate(words):
            if word in ("-o", "--save", "--json", "--csv"):
                assert (tmp_path / words[i + 1]).exists(), shlex.join(words)
    for block in blocks("python"):
        done = subprocess.run(
            [sys.executable, "-c", block],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stderr}"
        assert done.stdout
    # What the demo suggests runs too.
    again = tmp_path / "again"
    done = subprocess.run(
        [sys.executable, "-m", "o3d_paint", "demo", "--headless", "-o", str(again)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    suggested = re.findall(r"^  o3d-paint (.*)$", done.stdout, flags=re.MULTILINE)
    assert len(suggested) == 3
    for call in suggested:
        done = subprocess.run(
            [sys.executable, "-m", "o3d_paint", *shlex.split(call)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{call}\n{done.stderr}"
