"""The tools and their options: size, opacity, protection, ghosts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from o3d_paint.project.tools import TOOLS
from o3d_paint.ui import theme
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.controls import Slider, Switch, switch_width
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.items import Button, Item
from o3d_paint.ui.panels.text import Font, text_width
from o3d_paint.ui.theme import Metrics

__all__ = ["OPTION_IDS", "ToolActions", "ToolOptions", "ToolOptionsState"]

_OPTIONS = (
    ("protect", "Protect", "What is painted already, and locked classes, stay as they are"),
    ("ghost", "Ghost", "Show what the cloud knows from other photos"),
    ("through", "X-ray", "Paint on what lies behind the surface too"),
)
_ONE_ROW, _TWO_ROWS, _TIGHT = 230, 105, 100  # quarters of an em
OPTION_IDS: tuple[str, ...] = tuple(name for name, _, _ in _OPTIONS)


@dataclass(frozen=True, slots=True)
class ToolOptionsState:
    """What the tool options show.

    Attributes:
        tool: The active tool, a key of the table of tools.
        size: Radius or diameter of the tool, in the caller's pixels.
        size_range: Least and greatest size; the slider is logarithmic between them.
        has_size: Whether the active tool has a size.
        opacity: Of the labels over the photo, 0 to 1.
        options: Switches that are on, of `OPTION_IDS`.
        enabled: Tools and options that can be used now; None for all that are always there.
    """

    tool: str = "brush"
    size: float = 20.0
    size_range: tuple[float, float] = (1.0, 400.0)
    has_size: bool = True
    opacity: float = 0.6
    options: frozenset[str] = frozenset()
    enabled: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ToolActions:
    """What to call.

    Attributes:
        select_tool: With the tool's id.
        toggle_option: With the option's id.
        set_size: With the new size, in the unit of `ToolOptionsState.size`.
        set_opacity: With 0 to 1.
    """

    select_tool: Callable[[str], None]
    toggle_option: Callable[[str], None]
    set_size: Callable[[float], None]
    set_opacity: Callable[[float], None]


class ToolOptions(ItemPanel):
    """The panel above the photo.

    Args:
        actions: What to call.
        tooltips: Tooltip by tool or option id, with the key, in place of the built-in ones.
    """

    def __init__(self, actions: ToolActions, *, tooltips: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._actions = actions
        self._tooltips = dict(tooltips or {})
        self._state = ToolOptionsState()

    @staticmethod
    def preferred_height(width: int, em: float) -> int:
        """Return the height in device pixels for a width: one row, or up to three in less room."""
        return Metrics(em).grid({1: 11, 2: 20, 3: 29}[_rows(width, em)])

    def set_model(self, state: ToolOptionsState) -> None:
        """Show another state."""
        if state != self._state:
            self._state = state
            self.rebuild()

    def draw_ground(self, canvas: Canvas) -> None:
        """Draw the ground with a line to the photo below."""
        canvas.fill(canvas.box, self.background)
        line = self.metrics.line
        canvas.fill(Box(0, self.box.y1 - line, self.box.x1, self.box.y1), theme.WINDOW)

    def build(self) -> Sequence[Item]:
        """Lay out tools, switches and sliders."""
        m, width = self.metrics, self.box.width
        pad, height = m.grid(2), m.grid(8)
        rows = _rows(width, m.em)
        top = (self.box.height - height) // 2 if rows == 1 else m.grid(1.5)
        items = self._tools(pad, top, height)
        end = items[-1].box.x1 + m.grid(3)
        below = top + height + m.grid(1)
        row = Box(pad, below, width - pad, below + height)
        if rows == 3:
            last = Box(pad, row.y1 + m.grid(1), row.x1, row.y1 + m.grid(1) + height)
            switches, _ = self._switches(self._options, last)
            return [*items, *switches, *self._sliders(pad, row.x1, below, height)]
        switches, left_over = self._switches(
            self._options, Box(end, top, width - pad, top + height)
        )
        if rows == 1:
            right = (switches[0].box.x0 if switches else width - pad) - m.grid(3)
            return [*items, *switches, *self._sliders(end, right, top, height)]
        more, _ = self._switches(left_over, row)
        right = more[0].box.x0 - m.grid(3) if more else row.x1
        return [*items, *switches, *more, *self._sliders(pad, right, below, height)]

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Choose a tool or turn a switch."""
        if event.button != "left":
            return
        if item.key in TOOLS:
            self._actions.select_tool(item.key)
        elif item.key in OPTION_IDS:
            self._actions.toggle_option(item.key)

    def on_press(self, item: Item, event: PointerEvent) -> None:
        """Move a slider's knob to the pointer."""
        self.on_drag(item, event)

    def on_drag(self, item: Item, event: PointerEvent) -> None:
        """Follow the pointer with a slider's knob."""
        if isinstance(item, Slider) and event.button != "right":
            self._set_share(item.key, item.share_at(event.x))

    def on_wheel(self, item: Item | None, event: PointerEvent) -> None:
        """Turn a slider by steps of 4 %."""
        if isinstance(item, Slider) and item.is_enabled:
            self._set_share(item.key, min(1.0, max(0.0, item.share + 0.04 * event.wheel)))

    def _set_share(self, key: str, share: float) -> None:
        if key == "opacity":
            self._actions.set_opacity(share)
            return
        least, greatest = self._state.size_range
        self._actions.set_size(least * (greatest / least) ** share)

    def _tools(self, x: int, top: int, height: int) -> list[Item]:
        m, items = self.metrics, list[Item]()
        is_tight = self.box.width < m.grid(_TIGHT)
        edge, gap = (m.grid(7), 0) if is_tight else (height, m.grid(0.5))
        is_3d = False
        for name, tool in TOOLS.items():
            if tool.needs_something and name not in (self._state.enabled or ()):
                continue
            if tool.is_of_3d_view and not is_3d:
                x += m.grid(1.5)
            is_3d = tool.is_of_3d_view
            items.append(
                Button(
                    key=name,
                    box=Box.sized(x, top, edge, height),
                    icon=tool.icon,
                    is_on=name == self._state.tool,
                    is_enabled=self._is_enabled(name),
                    tooltip=self._tooltips.get(name, tool.hint or tool.title),
                )
            )
            x += edge + gap
        return items

    @property
    def _options(self) -> tuple[tuple[str, str, str], ...]:
        """The switches that mean something to the active tool."""
        is_3d = self._state.tool in TOOLS and TOOLS[self._state.tool].is_of_3d_view
        absent = "ghost" if is_3d else "through"
        return tuple(option for option in _OPTIONS if option[0] != absent)

    def _switches(
        self, options: Sequence[tuple[str, str, str]], row: Box
    ) -> tuple[list[Item], Sequence[tuple[str, str, str]]]:
        """Return the switches that fit into a row, right-aligned, and the options left over."""
        gap = self.metrics.grid(2)
        shown = list(options)
        widths = [switch_width(self.metrics, text) + gap for _, text, _ in shown]
        while shown and row.width < sum(widths[: len(shown)]) - gap:
            shown.pop()
        items, x = list[Item](), row.x1 - sum(widths[: len(shown)]) + gap
        for (name, text, tip), width in zip(shown, widths, strict=False):
            items.append(
                Switch(
                    key=name,
                    box=Box.sized(x, row.y0, width - gap, row.height),
                    text=text,
                    is_on=name in self._state.options,
                    is_enabled=self._is_enabled(name),
                    tooltip=self._tooltips.get(name, tip),
                )
            )
            x += width
        return items, options[len(shown) :]

    def _sliders(self, left: int, right: int, top: int, height: int) -> list[Item]:
        m, state = self.metrics, self._state
        gap = m.grid(4)
        half = (right - left - gap) // 2
        least, greatest = state.size_range
        size = min(max(state.size, least), greatest)
        share = math.log(size / least) / math.log(greatest / least) if greatest > least else 0.0
        words = f"{state.size:.0f} px" if state.has_size else "–"
        return [
            self._slider("size", "Size", words, Box.sized(left, top, half, height), share),
            self._slider(
                "opacity",
                "Opacity",
                f"{round(state.opacity * 100)} %",
                Box.sized(left + half + gap, top, half, height),
                min(1.0, max(0.0, state.opacity)),
            ),
        ]

    def _slider(self, key: str, name: str, value: str, box: Box, share: float) -> Slider:
        m = self.metrics
        font = Font(m.small)
        value_width = text_width("100 %" if key == "opacity" else "4000 px", font) + m.grid(1)
        name_width = text_width(name, font) + m.grid(1)
        room = box.width - m.grid(12)
        tips = {"size": "Size of the tool", "opacity": "Opacity of the labels over the photo"}
        return Slider(
            key=key,
            box=box,
            share=share,
            name=name,
            value=value,
            name_width=name_width if room > name_width + value_width else 0,
            value_width=value_width if room > value_width else 0,
            is_enabled=self._has_size if key == "size" else self._state.enabled != frozenset(),
            tooltip=self._tooltips.get(key, tips[key]),
        )

    def _is_enabled(self, name: str) -> bool:
        return self._state.enabled is None or name in self._state.enabled

    @property
    def _has_size(self) -> bool:
        return self._state.has_size and self._is_enabled(self._state.tool)


def _rows(width: int, em: float) -> int:
    m = Metrics(em)
    if width >= m.grid(_ONE_ROW):
        return 1
    # With switches beside them sliders would lose their names and values.
    return 2 if width >= m.grid(_TWO_ROWS) else 3
