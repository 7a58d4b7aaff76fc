"""A panel that is declared in one place, here: how many photos are painted, and a button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.panel_spec import PanelNews, PanelParts, PanelSpec
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.items import Button, Item


class PaintedPhotos(ItemPanel):
    """A button that says how many photos are painted, and goes to the next one."""

    def __init__(self, parts: PanelParts) -> None:
        super().__init__()
        self._run_command = parts.run_command
        self._count = 0

    def set_count(self, count: int) -> None:
        """Say how many."""
        if count != self._count:
            self._count = count
            self.rebuild()

    def build(self) -> Sequence[Item]:
        """Lay out the button over the whole panel."""
        return [Button(key="next", box=Box(0, 0, 200, 30), text=f"{self._count} painted")]

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Go on."""
        self._run_command("next_in_order")


def _feed(panel: Any, news: PanelNews) -> None:
    panel.set_count(len(news.editor.project.painted_frames))


PAINTED_PHOTOS = PanelSpec("painted_photos", PaintedPhotos, _feed, lambda width, em: int(2 * em))
