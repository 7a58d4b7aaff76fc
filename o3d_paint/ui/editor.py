"""What the user is doing with the open project: which photo, class, tool, size and look.

Between the window and the project: it knows neither widget nor file, so that everything a key or a
button does can be tested without a display.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from o3d_paint.core.spread import farthest_frame
from o3d_paint.core.views.colorize import CloudLook, ColorMode
from o3d_paint.core.views.heat import HeatView
from o3d_paint.core.views.suggest import Suggestion
from o3d_paint.project.features import FeatureStore
from o3d_paint.project.gestures import Sketch, Tool, ToolContext
from o3d_paint.project.jobs import InlineJobs, Jobs
from o3d_paint.project.plugin_tool import PluginTool
from o3d_paint.project.project import Project
from o3d_paint.project.regions import RegionStore
from o3d_paint.project.signals import Signal
from o3d_paint.project.tool_spec import ToolParts, ToolSpec
from o3d_paint.project.tools import TOOLS

__all__ = ["MAX_RADIUS", "MIN_RADIUS", "Editor", "EditorState"]

MIN_RADIUS, MAX_RADIUS = 1.0, 400.0
_MODES: tuple[ColorMode, ...] = ("photo", "labels", "mix")
_STEP = 1.12


def _first_radii() -> dict[str, float]:
    return {name: tool.radius for name, tool in TOOLS.items() if tool.radius is not None}


@dataclass(frozen=True, slots=True)
class EditorState:
    """Everything about the view that is not in the project.

    Attributes:
        open_idx: The photo in the paint panel, None for none.
        hover_idx: The camera under the pointer.
        class_id: The class that is painted.
        previous_class: The one before.
        tool: Id of the tool.
        radii: By tool, mask pixels; of the 3D brush pixels of the view.
        opacity: Of labels on the photo.
        look: Of the cloud.
        is_peeking: Whether the photo shows without labels for the moment.
        only_this_photo: Whether points that the photo does not see are dimmed.
        protect: Whether labelled pixels keep their label.
        has_ghost: Whether the photo shows what the cloud knows from other photos.
        through: Whether 3D tools reach what lies behind the surface too.
        heat: What cloud and photo show in place of classes; None for classes.
    """

    open_idx: int | None = None
    hover_idx: int | None = None
    class_id: int = 1
    previous_class: int = 2
    tool: str = "brush"
    radii: dict[str, float] = field(default_factory=_first_radii)
    opacity: float = 0.55
    look: CloudLook = field(default_factory=CloudLook)
    is_peeking: bool = False
    only_this_photo: bool = False
    protect: bool = False
    has_ghost: bool = True
    through: bool = False
    heat: HeatView | None = None


class Editor:
    """The project at work. Signals say what to show anew."""

    def __init__(self, project: Project, make_jobs: Callable[[], Jobs] = InlineJobs) -> None:
        """Begin with the first class and no photo.

        Args:
            project: What is painted.
            make_jobs: Makes what tools of plug-ins run on.
        """
        self.project = project
        first = [c.class_id for c in project.taxonomy]
        self._state = EditorState(class_id=first[0] if first else 0)
        self.state_changed: Signal[[EditorState, EditorState]] = Signal()
        self.sketch_changed: Signal[[]] = Signal()
        self.suggestion: Suggestion | None = None
        # Before it is known what the photos see, the one farthest from painted ones is suggested.
        self.is_guided = False
        self.features = FeatureStore(project)
        self.regions = RegionStore(project)
        parts = ToolParts(project, self.features, self.regions, make_jobs)
        self._tools: dict[str, Tool] = {
            name: spec.make(parts) for name, spec in TOOLS.items() if spec.make is not None
        }
        plugin = self._tools["plugin"]
        assert isinstance(plugin, PluginTool)
        self.plugin = plugin
        self.features.changed.connect(self.sketch_changed.emit)
        self._active: Tool | None = None
        project.taxonomy_changed.connect(self._classes_changed)
        project.settings_changed.connect(self._hidden_changed)

    @property
    def state(self) -> EditorState:
        """What is shown, and with what is painted."""
        return self._state

    def view(self, **changes: object) -> None:
        """Change what is shown; tells with the state before and after."""
        before = self._state
        after = replace(before, **changes)  # type: ignore[arg-type]
        if after != before:
            self._state = after
            self.state_changed.emit(before, after)

    @property
    def tool(self) -> ToolSpec:
        """The chosen tool."""
        return TOOLS[self._state.tool]

    @property
    def radius(self) -> float:
        """Of the active tool, mask pixels."""
        return self._state.radii.get(self._state.tool, 0.0)

    @property
    def is_painting(self) -> bool:
        """Whether a gesture of a tool is under way."""
        return self._active is not None and self._active.is_active

    @property
    def suggested(self) -> int | None:
        """The photo to paint next; None when none is left that would help."""
        if self.is_guided:
            return None if self.suggestion is None else self.suggestion.frame_idx
        frames = self.project.scene.frames
        return farthest_frame([f.position for f in frames], self.project.painted_frames)

    @property
    def sketch(self) -> Sketch | None:
        """What the gesture under way would do."""
        tool = self._active or self._tools.get(self._state.tool)
        return None if tool is None else tool.sketch

    @property
    def is_preparing(self) -> bool:
        """Whether the active tool waits for the open photo."""
        return self.tool.needs_features and self.features.is_pending(self._state.open_idx)

    # Photos

    def open_photo(self, frame_idx: int | None) -> None:
        """Open a photo; its points are looked for at once."""
        self.leave()
        if frame_idx is not None:
            self.project.end_stroke()
            self.cancel()
            self.project.request_index(frame_idx)
        self.view(open_idx=frame_idx)
        self._prepare()

    def step_photo(self, step: int) -> None:
        """Open the photo after or before, around the end."""
        count = len(self.project.scene.frames)
        if count:
            now = self._state.open_idx
            start = now if now is not None else (-1 if step > 0 else 0)
            self.open_photo((start + step) % count)

    # Classes

    def choose_class(self, class_id: int) -> None:
        """Paint with a class from now on."""
        if class_id in self.project.taxonomy and class_id != self._state.class_id:
            self.view(class_id=class_id, previous_class=self._state.class_id)

    def choose_nth_class(self, position: int) -> None:
        """Paint with the class at a position of the list, from 0."""
        classes = self.project.taxonomy.classes
        if position < len(classes):
            self.choose_class(classes[position].class_id)

    def swap_class(self) -> None:
        """Go back to the class before."""
        self.choose_class(self._state.previous_class)

    def class_at(self, u: float, v: float) -> int:
        """Return the class of a mask position of the open photo, 0 for none."""
        if self._state.open_idx is None:
            return 0
        mask = self.project.mask(self._state.open_idx)
        column, row = int(u + 0.5), int(v + 0.5)
        is_inside = u >= -0.5 and v >= -0.5 and row < mask.shape[0] and column < mask.shape[1]
        return int(mask[row, column]) if is_inside else 0

    # Tools

    def choose_tool(self, tool: str) -> None:
        """Take another tool, if there is such a one."""
        if tool in TOOLS:
            self.cancel()
            self.view(tool=tool)
            self._prepare()

    def set_radius(self, radius: float) -> None:
        """Size of the active tool; brush and eraser keep their own."""
        size = min(MAX_RADIUS, max(MIN_RADIUS, radius))
        self.view(radii={**self._state.radii, self._state.tool: size})

    def step_radius(self, steps: float) -> None:
        """Make the active tool bigger or smaller by about an eighth a step."""
        self.set_radius(self.radius * _STEP**steps)

    def press(
        self,
        u: float,
        v: float,
        is_erasing: bool,
        *,
        is_double: bool = False,
        grip: float = 6.0,
        modifiers: frozenset[str] = frozenset(),
    ) -> None:
        """Begin a gesture on the open photo, or go on with one of several presses.

        Args:
            u: Mask position.
            v: Mask position.
            is_erasing: Whether it was the right button.
            is_double: Whether it was the second of a double click.
            grip: How near counts as the same place, in mask pixels.
            modifiers: Keys held.
        """
        state = self._state
        if state.open_idx is None:
            return
        tool = "brush" if self.tool.is_of_3d_view else state.tool
        erases = is_erasing or self.tool.erases
        self._active = self._tools[tool]
        context = ToolContext(
            state.open_idx,
            0 if erases else state.class_id,
            state.radii.get(tool, 0.0),
            protect=state.protect,
            is_double=is_double,
            grip=grip,
            modifiers=modifiers,
        )
        self._active.press(context, (u, v))
        self._gesture_moved()

    def drag(self, u: float, v: float) -> None:
        """Go on with the gesture."""
        if self._active is not None:
            self._active.drag((u, v))
            self._gesture_moved()

    def hover(self, u: float, v: float) -> None:
        """The pointer moves over the photo without a button."""
        if self._active is not None:
            self._active.hover((u, v))
            self._gesture_moved()
        elif self._state.open_idx is not None and self._state.tool in self._tools:
            context = ToolContext(self._state.open_idx, self._state.class_id, self.radius)
            self._tools[self._state.tool].look(context, (u, v))
            self.sketch_changed.emit()

    def leave(self) -> None:
        """The pointer is no longer over the photo."""
        for tool in self._tools.values():
            tool.look(None, (0.0, 0.0))
        self.sketch_changed.emit()

    def release(self) -> None:
        """Let the button go; that ends the gestures of most tools."""
        if self._active is not None:
            self._active.release()
            self._gesture_moved()

    def confirm(self) -> bool:
        """End a gesture of several presses; returns whether there was one."""
        did = self._active is not None and self._active.confirm()
        self._gesture_moved()
        return did

    def step_back(self) -> bool:
        """Take back the last of several presses; returns whether there was one."""
        did = self._active is not None and self._active.step_back()
        self._gesture_moved()
        return did

    def cancel(self) -> bool:
        """Take back what is under way; returns whether there was something."""
        active, self._active = self._active, None
        if active is None or not active.is_active:
            return False
        active.cancel()
        self.sketch_changed.emit()
        return True

    def _gesture_moved(self) -> None:
        """Forget a gesture that has ended, and let it be shown."""
        self.sketch_changed.emit()
        if self._active is not None and not self._active.is_active:
            self._active = None

    def _prepare(self) -> None:
        """Have the open photo prepared for the active tool."""
        state = self._state
        if state.open_idx is not None and self.tool.needs_features:
            self.features.request(state.open_idx)
            self.sketch_changed.emit()

    # Look

    def set_mode(self, mode: ColorMode) -> None:
        """Choose what the cloud's colours mean."""
        self.view(look=replace(self._state.look, mode=mode))

    def next_mode(self) -> None:
        """Photo colours, then labels, then both mixed."""
        now = _MODES.index(self._state.look.mode)
        self.set_mode(_MODES[(now + 1) % len(_MODES)])

    def toggle_heat(self, heat: HeatView) -> None:
        """Show what is settled in place of classes, or classes again."""
        self.view(heat=None if self._state.heat == heat else heat)

    def set_opacity(self, opacity: float) -> None:
        """Strength of labels on the photo, and of class colours in the mix."""
        value = min(1.0, max(0.0, opacity))
        look = replace(self._state.look, mix=min(1.0, 0.2 + 0.8 * value))
        self.view(opacity=value, look=look)

    def _classes_changed(self) -> None:
        known = [c.class_id for c in self.project.taxonomy]
        if known and self._state.class_id not in known:
            self.view(class_id=known[0])

    def _hidden_changed(self) -> None:
        if self.project.hidden != self._state.look.hidden:
            self.view(look=replace(self._state.look, hidden=self.project.hidden))
