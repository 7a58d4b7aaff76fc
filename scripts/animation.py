"""Takes the README's animation from the real window: a camera clicked, its photo painted, fused.

``python scripts/animation.py`` on a machine with Xvfb, xdotool and a Vulkan driver. Four photos
are painted beforehand with the recorded strokes of the sample scene; a mouse paints the fifth.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from o3d_paint.assets import asset  # noqa: E402
from o3d_paint.io.sample import sample_scene_path  # noqa: E402
from o3d_paint.io.scene import load_scene  # noqa: E402
from o3d_paint.io.strokes import read_strokes, stroke_masks  # noqa: E402
from o3d_paint.project.session import open_session  # noqa: E402
from tests.window import app as window_app  # noqa: E402
from tests.window.display import Display, start_display  # noqa: E402

PLACE = ROOT / "assets" / "screenshots" / "paint.webp"
SIZE, SHOWN = (1280, 800), (1120, 700)
PHOTO = 10
LIMIT = 2_000_000
_SHORT, _LONG = 90, 1500
_DRAWN_S = 0.5
_ZOOM = 4
_ARROW = ((0, 0), (0, 17), (4, 13), (7, 19), (10, 18), (7, 12), (12, 12))

# Class, and the way of the brush in shares of the photo.
STROKES: tuple[tuple[int, tuple[tuple[float, float], ...]], ...] = (
    (3, ((0.33, 0.31), (0.43, 0.31), (0.43, 0.36), (0.33, 0.36), (0.33, 0.41), (0.43, 0.41))),
    (2, ((0.45, 0.46), (0.52, 0.46), (0.45, 0.50), (0.45, 0.57))),
    (5, ((0.70, 0.37), (0.68, 0.42), (0.68, 0.47))),
    (1, ((0.34, 0.66), (0.44, 0.67), (0.50, 0.62), (0.58, 0.67))),
)


class Film:
    """The pictures taken of a window so far, each with how long it shows in milliseconds."""

    def __init__(self, display: Display) -> None:
        """Starts empty, the mouse in the middle."""
        self.display = display
        self.pictures: list[Image.Image] = []
        self.times: list[int] = []
        self.mouse = (SIZE[0] // 2, SIZE[1] // 2)

    def take(self, milliseconds: int = _SHORT) -> None:
        """Takes a picture once the window has drawn, with an arrow where the mouse is."""
        time.sleep(_DRAWN_S)
        picture = Image.fromarray(self.display.screenshot())
        arrow = [(self.mouse[0] + x, self.mouse[1] + y) for x, y in _ARROW]
        ImageDraw.Draw(picture).polygon(arrow, fill="white", outline="black")
        self.pictures.append(picture.resize(SHOWN, Image.Resampling.LANCZOS))
        self.times.append(milliseconds)

    def move(self, x: float, y: float, *more: object) -> None:
        """Moves the mouse, and does what else is said of it."""
        self.mouse = (int(x), int(y))
        self.display.xdotool("mousemove", *self.mouse, *more)

    def drag(self, points: Sequence[tuple[float, float]], *, steps: int = 1) -> None:
        """Drags along points and takes pictures on the way."""
        self.move(*points[0], "mousedown", 1)
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            for step in range(1, steps + 1):
                share = step / steps
                self.move(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)
                self.take()
        self.display.xdotool("mouseup", 1)

    def save(self, path: Path) -> None:
        """Writes the animation."""
        self.pictures[0].save(
            path, save_all=True, append_images=self.pictures[1:], duration=self.times, loop=0,
            quality=70, method=6, minimize_size=True,
        )  # fmt: skip


def main() -> int:
    """Paints four photos, opens the window and films the fifth."""
    window_app.WINDOW = SIZE
    display = start_display(SIZE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scene = sample_scene_path()
        project = folder / "sample.o3dpaint"
        _paint(scene, project)
        app = window_app.App(display, folder, [scene, "--project", project])
        try:
            app.wait_open()
            film = Film(display)
            _play(app, film)
            film.save(PLACE)
            app.end()
        finally:
            app.kill()
            display.server.terminate()
    size = PLACE.stat().st_size
    print(f"{PLACE}: {len(film.pictures)} pictures, {size:,} bytes")
    return 0 if size < LIMIT else 1


def _play(app: window_app.App, film: Film) -> None:
    app.settled("scene")
    film.take(_LONG)
    film.move(*app.on_screen(*app.state["cameras"][PHOTO]))
    film.take(600)
    app.click(*app.state["cameras"][PHOTO])
    app.wait_photo(PHOTO)
    film.take(600)
    for _ in range(_ZOOM):
        film.move(*app.on_screen(*app.on_photo(0.5, 0.5)), "click", 4)
        film.take()
    app.key("bracketright")
    app.settled("canvas")
    film.take(_LONG)
    for class_id, way in STROKES:
        time.sleep(_DRAWN_S)
        app.key(str(class_id))
        app.wait(_has_class(class_id), "the class is chosen")
        film.drag([app.on_screen(*app.on_photo(*place)) for place in way], steps=2)
    film.take(_LONG)
    _turn(app, film, 220)
    app.settled("scene")
    film.take(_LONG)
    app.key("ctrl+Return")
    app.wait(lambda s: s["fused_shown"] and s["fused"] > s["painted"], "labels are fused")
    app.settled("scene")
    film.take(_LONG)
    _turn(app, film, -440)
    app.settled("scene")
    film.take(2 * _LONG)


def _has_class(class_id: int) -> Callable[[dict[str, Any]], bool]:
    return lambda state: bool(state["class_id"] == class_id)


def _turn(app: window_app.App, film: Film, by: float) -> None:
    x, y, width, height = app.state["scene"]
    start = (x + width / 2 - by / 2, y + 0.85 * height)
    way = [app.on_screen(*start), app.on_screen(start[0] + by, start[1] - 20)]
    film.drag(way, steps=10)


def _paint(scene_path: Path, project: Path) -> None:
    """Makes a project with the recorded strokes of all photos but the one that is filmed."""
    scene = load_scene(scene_path)
    record = read_strokes(asset("strokes", "sample.json"))
    session = open_session(scene, project, scene_path=scene_path, classes=record.taxonomy())
    for frame_idx, mask in stroke_masks(record, scene).items():
        if frame_idx != PHOTO:
            session.project.set_mask(frame_idx, mask)
    session.close()


if __name__ == "__main__":
    sys.exit(main())
