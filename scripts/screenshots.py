"""Takes the README's screenshots of the real window: the sample scene, five photos painted.

``python scripts/screenshots.py`` on a machine with Xvfb, xdotool and a Vulkan driver.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from o3d_paint.assets import asset  # noqa: E402
from o3d_paint.io.sample import sample_scene_path  # noqa: E402
from o3d_paint.io.scene import load_scene  # noqa: E402
from o3d_paint.io.strokes import read_strokes, stroke_masks  # noqa: E402
from o3d_paint.project.session import open_session  # noqa: E402
from tests.window import app as window_app  # noqa: E402
from tests.window.display import start_display  # noqa: E402

PLACE = ROOT / "assets" / "screenshots"
SIZE = (1600, 1000)
PHOTO = 10


def main() -> int:
    """Paints, opens the window and takes the pictures."""
    PLACE.mkdir(parents=True, exist_ok=True)
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
            app.open_photo(PHOTO)
            _settle(app)
            _take(display, "window.png")
            app.key("ctrl+Return")
            app.wait(lambda s: s["fused_shown"] and s["fused"] > s["painted"], "labels are fused")
            _settle(app)
            _take(display, "fused.png")
            app.end()
        finally:
            app.kill()
            display.server.terminate()
    return 0


def _paint(scene_path: Path, project: Path) -> None:
    """Makes a project with the recorded strokes of five photos."""
    scene = load_scene(scene_path)
    record = read_strokes(asset("strokes", "sample.json"))
    session = open_session(scene, project, scene_path=scene_path, classes=record.taxonomy())
    for frame_idx, mask in stroke_masks(record, scene).items():
        session.project.set_mask(frame_idx, mask)
    session.close()


def _settle(app: window_app.App) -> None:
    """Waits until the slow 3D view has drawn all points."""
    app.settled("scene")
    app.settled("canvas")


def _take(display: object, name: str) -> None:
    picture = Image.fromarray(display.screenshot())  # type: ignore[attr-defined]
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=256).save(PLACE / name)
    print(PLACE / name)


if __name__ == "__main__":
    sys.exit(main())
