"""The paint panel in a window of your own, beside your 3D view.

::

    window = gui.Application.instance.create_window("Mine", 1200, 800)
    view = gui.SceneWidget()
    view.scene = rendering.Open3DScene(window.renderer)
    window.add_child(view)                          # before the panel
    panel = o3d_paint.ui.attach(window, view, project)

    window.set_on_layout(...)       # call panel.layout(rect) there, with your share of the window
    window.set_on_tick_event(...)   # return panel.tick() there (or it "or" your own answer)
    window.set_on_key(panel.key)    # or call it in yours: undo, digits for classes, [ ] for sizes
    window.set_on_close(...)        # call panel.close() there, and return True

What Open3D asks of a host:

* The panel's eight widgets become direct children of the window, which holds twenty at most. In a
  layout such as gui.Vert an image widget loses the mouse in the middle of a stroke.
* Widgets cannot be removed from a window: `PaintPanel.close` hides them. Attach once a window.
* Everything here belongs on the main thread, after `Application.initialize`.
* The cloud is added to your scene as "o3d_paint cloud", in the coordinates of the scene minus
  ``offset``; hide a cloud of yours that lies at the same place. The camera stays yours.
* ``view.enable_scene_caching(True)`` keeps strokes fluent where drawing the cloud is slow, and
  ``view.scene.view.set_post_processing(False)`` shows class colours as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.errors import SceneError
from o3d_paint.project.project import Project
from o3d_paint.ui.embedded_controller import EmbeddedController
from o3d_paint.ui.layout import Place

__all__ = ["PaintPanel", "attach"]


class PaintPanel:
    """The handle of a paint panel in a window; made by `attach`."""

    def __init__(self, controller: EmbeddedController) -> None:
        """Serve a controller."""
        self._controller = controller
        guard = controller.guard
        self._tick = guard.wrap(controller.tick, True)
        self._layout = guard.wrap(controller.place, None)
        self._key = guard.wrap(controller.key, False)

    @property
    def photo(self) -> int | None:
        """Position of the open photo in the scene."""
        return self._controller.photo

    def open_photo(self, frame_idx: int) -> None:
        """Open a photo by its position in the scene."""
        self._controller.open_photo(frame_idx)

    def photo_rect(self) -> tuple[float, float, float, float]:
        """Return where the open photo lies in the window: left, top, width, height."""
        return self._controller.photo_rect()

    def layout(self, rect: Any) -> None:
        """Take a rectangle (gui.Rect) of the window; to be called in its on_layout."""
        self._layout(Place(int(rect.x), int(rect.y), int(rect.width), int(rect.height)))

    def tick(self) -> bool:
        """Work; to be called in the window's on_tick. Returns whether it has to be drawn."""
        return self._tick()

    def key(self, event: Any) -> bool:
        """Take a key event (gui.KeyEvent) of the window; returns whether it was used."""
        return self._key(event)

    def left(self) -> None:
        """Say that the pointer is over something of yours: the brush outline goes."""
        self._controller.left()

    def close(self) -> None:
        """End, and give the project back with all its paint in the cloud; may be called twice.

        To be called before the window closes, in its on_close at the latest.
        """
        self._controller.close()


def attach(
    window: Any,
    scene_widget: Any,
    project: Project,
    *,
    offset: npt.ArrayLike = (0.0, 0.0, 0.0),
    point_size: float = 3.0,
) -> PaintPanel:
    """Put the paint panel into a window, with live colours in its 3D view.

    Args:
        window: A gui.Window; see the module for what it has to call.
        scene_widget: A gui.SceneWidget of it, with its scene set.
        project: What is painted; it stays yours, and its jobs run on a thread until `close`.
        offset: (3,) what to subtract from the scene's coordinates, for scenes far from the origin.
        point_size: Of the cloud, device pixels.

    Raises:
        SceneError: The scene has no photos.
        ValueError: The scene widget has no scene yet, or the offset is no position.
    """
    place = np.asarray(offset, dtype=np.float64)
    if place.shape != (3,):
        msg = f"offset must be three numbers, got {offset!r}"
        raise ValueError(msg)
    if scene_widget.scene is None:
        msg = "the scene widget has no scene: set scene_widget.scene = Open3DScene(window.renderer)"
        raise ValueError(msg)
    if not project.scene.frames:
        msg = f"{project.scene.name} has no photos to paint on"
        raise SceneError(msg)
    controller = EmbeddedController(
        window, scene_widget, project, offset=place, point_size=point_size
    )
    return PaintPanel(controller)
