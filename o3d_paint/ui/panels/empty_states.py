"""What is shown while there is nothing to show: it says what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.icons import app_icon
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.items import Button, Item, Label, Look, Progress, button_width
from o3d_paint.ui.panels.popup import Paragraph, paragraph_height
from o3d_paint.ui.panels.status_bar import ProgressState
from o3d_paint.ui.panels.text import Font, shortened_head, text_width

__all__ = ["Blank", "EmptyNote", "EmptyNoteState", "RecentScene", "Welcome", "WelcomeState"]


@dataclass(frozen=True, slots=True)
class RecentScene:
    """A scene that was open before.

    Attributes:
        path: Where it lies; what the callback gets.
        name: What it is called.
        detail: Such as "15 photos · painted 24 %".
    """

    path: str
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WelcomeState:
    """What the welcome shows.

    Attributes:
        recent: Newest first; as many are shown as there is room for.
        progress: A scene that is being loaded; takes the place of the buttons.
    """

    recent: tuple[RecentScene, ...] = ()
    progress: ProgressState | None = None


class Welcome(ItemPanel):
    """The 3D view's place while no scene is open.

    Args:
        on_open: Called when a scene is to be chosen.
        on_sample: Called when the sample scene is to be opened.
        on_recent: Called with the path of a scene that was open before.
    """

    background = theme.SCENE

    def __init__(
        self,
        on_open: Callable[[], None],
        on_sample: Callable[[], None],
        on_recent: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._on_open = on_open
        self._on_sample = on_sample
        self._on_recent = on_recent
        self._state = WelcomeState()

    def set_model(self, state: WelcomeState) -> None:
        """Show another state."""
        if state != self._state:
            self._state = state
            self.rebuild()

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Open what was clicked."""
        if item.key == "open":
            self._on_open()
        elif item.key == "sample":
            self._on_sample()
        elif isinstance(item, _Recent):
            self._on_recent(item.scene.path)

    def build(self) -> Sequence[Item]:
        """Lay out mark, words, buttons and recent scenes in the middle."""
        m = self.metrics
        width = max(1, min(self.box.width - m.grid(8), m.grid(110)))
        left = (self.box.width - width) // 2
        above = m.grid(52)
        pitch = m.grid(10)
        room = max(0, (self.box.height - above - m.grid(16)) // max(1, pitch))
        recent = self._state.recent[: min(6, room)] if self._state.progress is None else ()
        height = above + (len(recent) * pitch + m.grid(12) if recent else 0)
        top = max(m.grid(1), (self.box.height - height) // 2)
        column = Box(left, top, left + width, top + height)
        items: list[Item] = [*self._head(column)]
        items += self._middle(column)
        if recent:
            y = column.y0 + above + m.grid(4)
            box = Box(column.x0 + m.grid(2), y, column.x1, y + m.grid(6))
            items.append(Label(key="recent", box=box, text="Recent", color=theme.TEXT_DIM))
            for number, scene in enumerate(recent):
                place = Box.sized(column.x0, box.y1 + number * pitch, width, pitch - m.grid(1))
                items.append(
                    _Recent(key=f"recent:{number}", box=place, scene=scene, tooltip=scene.path)
                )
        return items

    def _head(self, column: Box) -> list[Item]:
        m = self.metrics
        mark = Box(column.x0, column.y0, column.x1, column.y0 + m.grid(20))
        title = Box(column.x0, mark.y1 + m.grid(2), column.x1, mark.y1 + m.grid(9))
        words = Box(column.x0, title.y1, column.x1, title.y1 + m.grid(7))
        return [
            _Mark(key="mark", box=mark, is_solid=False),
            Label(
                key="title",
                box=title,
                text="O3D Paint",
                size=round(m.em * 1.4),
                is_bold=True,
                align="center",
            ),
            Label(
                key="words",
                box=words,
                text="Paint photos, and watch the 3D scene become labelled.",
                color=theme.TEXT_DIM,
                align="center",
            ),
        ]

    def _middle(self, column: Box) -> list[Item]:
        m, progress = self.metrics, self._state.progress
        top = column.y0 + m.grid(42)
        if progress is not None:
            words = Box(column.x0, top, column.x1, top + m.grid(6))
            bar = Box(column.x0, top + m.grid(7), column.x1, top + m.grid(8))
            bar = bar.middle(min(column.width, m.grid(60)), max(2, m.grid(1)))
            return [
                Label(key="loading", box=words, text=progress.text, align="center"),
                Progress(key="progress", box=bar, share=progress.share, phase=progress.phase),
            ]
        faces = (("open", "folder-open", "Open a scene"), ("sample", "cuboid", "Try the sample"))
        widths = [button_width(m, text, icon=True) + m.grid(2) for _, _, text in faces]
        x, items = column.x0 + (column.width - sum(widths) - m.grid(3)) // 2, list[Item]()
        for (key, icon, text), width in zip(faces, widths, strict=True):
            items.append(
                Button(
                    key=key,
                    box=Box.sized(x, top, width, m.grid(9)),
                    text=text,
                    icon=icon,
                    is_primary=key == "open",
                    is_raised=True,
                )
            )
            x += width + m.grid(3)
        return items


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark(Item):
    """The program's icon."""

    def draw(self, canvas: Canvas, look: Look) -> None:
        edge = max(1, self.box.height)
        pixels, coverage = app_icon(edge)
        place = self.box.middle(edge, edge)
        share = coverage[..., None] / 255
        ground = pixels * share + (1 - share) * theme.SCENE
        canvas.picture(place, ground.astype("uint8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recent(Item):
    """A line with the name and the place of a scene."""

    scene: RecentScene

    def draw(self, canvas: Canvas, look: Look) -> None:
        m = canvas.metrics
        if look.is_inside:
            color = theme.PRESSED if look.is_pressed else theme.RAISED
            canvas.rounded(self.box, color, radius=m.radius)
        box = self.box.inset(m.grid(2), m.grid(0.5))
        middle = (box.y0 + box.y1) // 2
        icon = Box(box.x0, box.y0, box.x0 + m.icon, box.y1)
        canvas.icon(icon, "history", theme.TEXT_DIM)
        x, font = icon.x1 + m.grid(2), Font(m.small)
        detail = min(text_width(self.scene.detail, font), box.width // 2)
        canvas.text(Box(x, box.y0, box.x1 - detail - m.grid(2), middle), self.scene.name,
                    theme.TEXT, font=Font(m.body))  # fmt: skip
        canvas.text(Box(box.x1 - detail, box.y0, box.x1, middle), self.scene.detail,
                    theme.TEXT_DIM, font=font, align="right")  # fmt: skip
        place = shortened_head(self.scene.path, font, max(0, box.x1 - x))
        canvas.text(Box(x, middle, box.x1, box.y1), place, theme.TEXT_DIM, font=font)


@dataclass(frozen=True, slots=True)
class EmptyNoteState:
    """What an empty panel says.

    Attributes:
        icon: Above the words.
        title: What to do.
        text: How, or why.
    """

    icon: str = "mouse-pointer-click"
    title: str = "Click a camera to open its photo"
    text: str = "Or choose one in the strip below, or press → for the next."


class EmptyNote(ItemPanel):
    """A panel's place while it is empty: an icon and what to do."""

    background = theme.SCENE

    def __init__(self) -> None:
        super().__init__()
        self._state = EmptyNoteState()

    def set_model(self, state: EmptyNoteState) -> None:
        """Say something else."""
        if state != self._state:
            self._state = state
            self.rebuild()

    def build(self) -> Sequence[Item]:
        """Lay out icon and words in the middle."""
        m, state = self.metrics, self._state
        width = max(1, min(self.box.width - m.grid(8), m.grid(90)))
        words = paragraph_height(state.text, m.body, width)
        title = paragraph_height(state.title, m.title, width)
        column = self.box.middle(width, m.grid(14) + title + words)
        y = column.y0 + m.grid(12)
        return [
            _BigIcon(
                key="icon",
                box=Box(column.x0, column.y0, column.x1, column.y0 + m.grid(10)),
                name=state.icon,
                is_solid=False,
            ),
            Paragraph(
                key="title",
                box=Box(column.x0, y, column.x1, y + title),
                text=state.title,
                size=m.title,
                align="center",
            ),
            Paragraph(
                key="text",
                box=Box(column.x0, y + title + m.grid(1), column.x1, y + title + m.grid(1) + words),
                text=state.text,
                color=theme.TEXT_DIM,
                align="center",
            ),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _BigIcon(Item):
    name: str

    def draw(self, canvas: Canvas, look: Look) -> None:
        canvas.icon(self.box, self.name, theme.TEXT_DIM, size=max(1, self.box.height))


class Blank(ItemPanel):
    """A panel's place that has nothing to say."""

    def build(self) -> Sequence[Item]:
        """Return nothing."""
        return ()
