"""Every command of the table by each of its keys, or by its menu: real events in one window."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.io.taxonomy_file import write_taxonomy
from o3d_paint.ui.commands import commands
from tests.window.app import App, small_scene, x_key
from tests.window.display import Display
from tests.window.walk import MENU, STEPS, UNTRIED, State, Step


def give(app: App, step: Step) -> None:
    """Give a command and wait for what it does."""
    if step.first is not None:
        step.first(app)
    before = app.state
    what = f"{step.command} by {step.key}"
    if step.key == MENU:
        choose(app, step, before)
    elif step.is_held:
        app.mouse("keydown", x_key(step.key))
    else:
        app.press(step.key)
    app.wait(lambda s: step.does(before, s), what)
    if step.is_held:
        app.mouse("keyup", x_key(step.key))
        app.wait(lambda s: not step.does(before, s), f"{what}, let go")
    if step.then:
        app.key(step.then)
        app.wait(lambda s: not step.does(before, s), f"{what}, and back")


def choose(app: App, step: Step, before: State) -> None:
    """Choose a command in its menu, again where the toolkit missed the click."""
    for _ in range(6):
        app.choose(step.command)
        end = time.monotonic() + 5
        while time.monotonic() < end:
            if (state := app.state) and step.does(before, state):
                return
            time.sleep(0.05)


def test_every_key_of_the_table_is_pressed_in_a_window() -> None:
    given = {(step.command, step.key) for step in STEPS}
    for command in commands():
        if command.command_id in UNTRIED:
            continue
        for key in command.keys or (MENU,):
            assert (command.command_id, key) in given, f"no window test gives {command.command_id}"
    known = {c.command_id for c in commands()}
    assert {step.command for step in STEPS} | set(UNTRIED) == known


@pytest.mark.slow
def test_every_command(x_display: Display, tmp_path: Path) -> None:
    classes = Taxonomy()
    for number in range(1, 21):
        classes = classes.add(f"class {number}")
    file = tmp_path / "classes.json"
    write_taxonomy(classes, file)
    app = App(x_display, tmp_path, [small_scene(tmp_path), "--taxonomy", file])
    try:
        app.wait_open()
        *steps, last = STEPS
        for step in steps:
            give(app, step)
        assert last.command == "quit"
        app.press(last.key)
        assert app.process.wait(60) == 0
    finally:
        app.kill()
