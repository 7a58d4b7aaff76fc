"""Every command of the table once by each of its keys, in an order in which all can act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.window.app import App

__all__ = ["MENU", "STEPS", "UNTRIED", "State", "Step"]

State = dict[str, Any]
MENU = "menu"
"""In place of a key: the entry of the menu bar."""
UNTRIED = {
    "open_sample": "makes the real sample scene, which takes long; o3d-paint demo has its own test",
}
"""Commands that no window test gives, and why."""


@dataclass(frozen=True)
class Step:
    """A command given once, and what it must change.

    Attributes:
        command: Its id.
        key: As in the table of commands, or `MENU`.
        does: Of the states before and after: whether the command did its work.
        first: What has to be done before.
        then: A key that clears up.
        is_held: Whether letting the key go must undo it.
    """

    command: str
    key: str
    does: Callable[[State, State], object]
    first: Callable[[App], object] | None = None
    then: str = ""
    is_held: bool = False


def _is(name: str, value: object) -> Callable[[State, State], bool]:
    return lambda _, now: bool(now[name] == value)


def _flips(name: str) -> Callable[[State, State], bool]:
    return lambda was, now: bool(was[name] != now[name])


def _rises(name: str) -> Callable[[State, State], bool]:
    return lambda was, now: bool(now[name] > was[name])


def _falls(name: str) -> Callable[[State, State], bool]:
    return lambda was, now: bool(now[name] < was[name])


def _says(text: str) -> Callable[[State, State], bool]:
    return lambda _, now: any(text in toast for toast in now["toasts"])


def _asks_for(ending: str) -> Callable[[State, State], bool]:
    return lambda _, now: (now["field"] or "").endswith(ending)


def _asks(_was: State, now: State) -> bool:
    return now["field"] is not None


def _eye_moves(was: State, now: State) -> bool:
    return not np.allclose(was["eye"], now["eye"], atol=0.01)


def _zooms_out(was: State, now: State) -> bool:
    return bool(now["viewport"][0] < was["viewport"][0])


def _is_centred(was: State, now: State) -> bool:
    return now["photo"] in (0, 1) and bool(now["viewport"][0] > 1.5 * was["viewport"][0])


def _fill(app: App, photo: int, key: str) -> None:
    app.open_photo(photo)
    app.key(key)
    app.key("f")
    app.wait(lambda s: s["tool"] == "fill" and s["class_id"] == int(key), "fill")
    app.click(*app.on_photo(0.5, 0.75))
    app.wait(lambda s: photo in s["painted_frames"] and s["painted"], "painted")


def _corners(app: App) -> None:
    app.key("g")
    for n, place in enumerate(((0.3, 0.3), (0.5, 0.3), (0.5, 0.5), (0.3, 0.5)), start=1):
        app.click(*app.on_photo(*place))
        app.wait(lambda s, n=n: s["corners"] == n, f"{n} corners")


def _turn(app: App) -> None:
    eye = app.state["eye"]
    x, y, width, height = app.state["scene"]
    app.drag([(x + width * 0.3 + 8 * i, y + height * 0.9) for i in range(12)], button=2)
    app.wait(lambda s: not np.allclose(s["eye"], eye, atol=0.01), "another eye")
    app.rest()  # what is compared next begins where the drag ended, not in its middle


def _zoom(app: App) -> None:
    zoom = app.state["viewport"][0]
    x, y, width, height = app.panel("canvas")
    app.click(x + width / 2, y + height / 2, button=4)
    app.wait(lambda s: s["viewport"][0] > zoom, "nearer")


def _hover_class_1(app: App) -> None:
    app.undo()
    app.key("4")
    app.mouse("mousemove", *app.on_screen(*app.on_photo(0.5, 0.75)))
    app.wait(lambda s: s["class_id"] == 4, "another class")


def _open_two(app: App) -> None:
    app.open_photo(2)


_PHOTOS = (
    Step("next_in_order", "Right", _is("photo", 0)),
    Step("next_in_order", ".", _is("photo", 1)),
    Step("previous_photo", ",", _is("photo", 0)),
    Step("previous_photo", "Left", _is("photo", 5)),
)
_CLASSES = (
    *(Step(f"class_{n}", str(n), _is("class_id", n)) for n in range(2, 10)),
    *(Step(f"class_{n + 9}", f"Shift+{n}", _is("class_id", n + 9)) for n in range(1, 10)),
    Step("class_1", "1", _is("class_id", 1)),
    Step("swap_class", "X", _is("class_id", 18)),
    Step("classes", "C", _is("popup", "ClassSearch"), then="Escape"),
    Step("add_class", MENU, _asks, then="Escape"),
)
_TOOLS = (
    Step("polygon", "G", _is("tool", "polygon"), first=lambda app: app.open_photo(1)),
    Step("fill", "F", _is("tool", "fill")),
    Step("polygon", "L", _is("tool", "polygon")),
    Step("assist", "A", _is("tool", "assist")),
    Step("outline", "D", _is("tool", "outline")),
    Step("region", "S", _asks, then="Escape"),
    Step("open_regions", MENU, _asks, then="Escape"),
    Step("plugin", "W", _says("No installed package offers a tool")),
    Step("brush_3d", "Shift+B", _is("tool", "brush_3d")),
    Step("lasso_3d", "Shift+L", _is("tool", "lasso_3d")),
    Step("through", MENU, _flips("through")),
    Step("eraser", "E", _is("tool", "eraser")),
    Step("brush", "B", _is("tool", "brush")),
    Step("brush", "P", _is("tool", "brush"), first=lambda app: app.key("g")),
    Step("smaller", "[", _falls("radius")),
    Step("bigger", "]", _rises("radius")),
    Step("much_bigger", "Shift+]", lambda was, now: now["radius"] > 1.3 * was["radius"]),
    Step("much_smaller", "Shift+[", lambda was, now: now["radius"] < was["radius"] / 1.3),
    Step("protect", "R", _is("protect", True), then="r"),
    Step("step_back", "Backspace", _is("corners", 3), first=_corners),
    Step("confirm", "Enter", _is("undo", "polygon")),
    Step("undo", "Ctrl+Z", _is("steps", 0)),
    Step("redo", "Ctrl+Shift+Z", _is("steps", 1)),
    Step("redo", "Ctrl+Y", _is("steps", 1), first=lambda app: app.undo()),
    Step("cancel", "Escape", _is("corners", 0), first=_corners),
    Step("clear_photo", MENU, _is("photo_pixels", 0)),
)
_PAINT = (
    Step("grow", "Shift+Up", _rises("class_pixels"), first=lambda app: _fill(app, 1, "1")),
    Step("shrink", "Shift+Down", _falls("class_pixels")),
    Step("clear_class", MENU, _is("class_pixels", 0)),
    Step(
        "pick_class", "I", _is("class_id", 1), first=lambda app: (app.undo(), _hover_class_1(app))
    ),
    Step("next_photo", "N", lambda was, now: now["photo"] == was["suggested"]),
    Step("accept_class", "J", _is("undo", "accept ghost"), first=lambda app: _see_ghost(app)),
    Step("accept_ghost", "Shift+J", _is("undo", "accept ghost"), first=lambda app: _see_ghost(app)),
    Step("ghost", "Q", _is("has_ghost", False), then="q"),
    Step("conflicts", "K", _is("heat", "conflicts"), first=lambda app: _disagree(app)),
    Step("next_conflict", "Shift+K", _is_centred, first=_open_two),
    Step("confidence", "U", _is("heat", "confidence")),
    Step("coverage", "Shift+U", _is("heat", "coverage"), then="shift+u"),
    Step("fuse", "Ctrl+Enter", _is("fused_shown", True)),
    Step(
        "fuse_again",
        "Ctrl+Shift+Enter",
        # Two photos disagree by now: it says of which class paint was overruled.
        lambda was, now: _flips("fusion")(was, now) and _says("Fusing overruled ")(was, now),
    ),
    Step("label_unsure", MENU, _is("min_confidence", 0)),
    Step("statistics", MENU, _is("popup", "Statistics"), then="Escape"),
    Step("evaluate", MENU, _is("popup", "Evaluation"), then="Escape"),
)
_VIEW = (
    Step("color_mode", "V", _flips("mode")),
    Step("colors_photo", MENU, _is("mode", "photo"), first=lambda app: app.key("v")),
    Step("colors_labels", MENU, _is("mode", "labels")),
    Step("colors_mix", MENU, _is("mode", "mix")),
    Step("only_this_photo", "O", _is("only_this_photo", True), then="o"),
    Step("peek", "H", _is("is_peeking", True), is_held=True),
    Step("less_opacity", "-", _falls("opacity")),
    Step("more_opacity", "=", _rises("opacity")),
    Step("bigger_points", "Ctrl+=", _rises("point_size")),
    Step("smaller_points", "Ctrl+-", _falls("point_size")),
    Step("thumbnails", "T", _is("has_plane_photos", False), then="t"),
    Step("cameras", "M", _is("has_cameras", False), then="m"),
    Step("bigger_cameras", "Ctrl+]", _rises("camera_size")),
    Step("smaller_cameras", "Ctrl+[", _falls("camera_size")),
    Step("home", "Home", _eye_moves, first=_turn),
    Step("home", "0", _eye_moves, first=_turn),
    Step("look_through", "Y", _eye_moves),
    Step("fit_photo", "Shift+Home", _zooms_out, first=_zoom),
    Step("fit_photo", "Shift+0", _zooms_out, first=_zoom),
    Step("cycle_panels", "Tab", _is("panels_shown", "scene"), then="Tab"),
)
_FILES = (
    Step("save", "Ctrl+S", _says("Saved in")),
    Step("save_project_as", MENU, _asks_for("o3dpaint"), then="Escape"),
    Step("save_ply", MENU, _asks_for(".ply"), then="Escape"),
    Step("save_glb", MENU, _asks_for(".glb"), then="Escape"),
    Step("export", "Ctrl+E", _is("popup", "Menu"), then="Escape"),
    Step("open_recent", "Ctrl+Shift+O", _is("popup", "Menu"), then="Escape"),
    Step("open", "Ctrl+O", _is("file_dialog", True), then="Escape"),
    Step("open_folder", MENU, _is("file_dialog", True), then="Escape"),
    Step("help", "F1", _is("popup", "HelpOverlay"), then="Escape"),
    Step("help", "?", _is("popup", "HelpOverlay"), then="Escape"),
    Step("hints", MENU, _is("popup", "HintCard"), then="Escape"),
    Step("scene_notes", MENU, _is("popup", "Dialog"), then="Escape"),
    Step("about", MENU, _is("popup", "Dialog"), then="Escape"),
    Step("quit", "Ctrl+Q", lambda _was, _now: True),
)
STEPS = (*_PHOTOS, *_CLASSES, *_TOOLS, *_PAINT, *_VIEW, *_FILES)


def _see_ghost(app: App) -> None:
    """Open a photo that shows class 1 as a ghost, without paint of its own."""
    while app.state["undo"] == "accept ghost":
        app.undo()
    if app.state["photo"] != 0:
        app.open_photo(0)
    app.key("1")
    app.wait(lambda s: s["ghost"] and s["class_id"] == 1, "a ghost")


def _disagree(app: App) -> None:
    """Paint photo 0 against photo 1."""
    while app.state["undo"] == "accept ghost":
        app.undo()
    _fill(app, 0, "2")
    app.wait(lambda s: s["conflicts"], "they disagree")
