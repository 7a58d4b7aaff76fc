"""The one table of commands and keys; those of tools are made from the table of tools.

Handlers, menus, the toolbar's tooltips, the overlay of F1 and the README's table all come from
here. Keys are positions on a US keyboard, as Open3D reports them, so every command also has a
button or a menu entry.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from functools import cache

from o3d_paint.project.tool_spec import ToolSpec
from o3d_paint.project.tools import TOOLS
from o3d_paint.ui.events import KeyEvent

__all__ = [
    "GESTURES",
    "MENUS",
    "Command",
    "Gesture",
    "command_of",
    "commands",
    "find_command",
    "help_rows",
    "key_text",
    "tooltip_of",
]

MENUS = ("File", "Edit", "View", "Photo", "Label", "Help")


@dataclass(frozen=True, slots=True)
class Command:
    """Something that the user can tell the window to do.

    Attributes:
        command_id: What handlers, buttons and tests call it.
        title: What menus and the key overlay say.
        group: Menu and heading of the overlay; one of `MENUS`.
        keys: Such as ``"Ctrl+Z"``; any of them does it.
        icon: Name of a shipped icon, "" for none.
        hint: What the tooltip says before the key; "" for the title.
        is_held: Whether letting the key go matters too.
        in_menu: Whether the menu lists it.
        divider: Whether a line goes before it in the menu.
    """

    command_id: str
    title: str
    group: str
    keys: tuple[str, ...] = field(default=())
    icon: str = ""
    hint: str = ""
    is_held: bool = False
    in_menu: bool = True
    divider: bool = False


@dataclass(frozen=True, slots=True)
class Gesture:
    """What the mouse does, for the overlay and the README."""

    title: str
    keys: tuple[str, ...]
    group: str


def _class_keys() -> tuple[Command, ...]:
    plain = tuple(
        Command(f"class_{n}", f"Class {n}", "Label", (str(n),), in_menu=False) for n in range(1, 10)
    )
    shifted = tuple(
        Command(f"class_{n + 9}", f"Class {n + 9}", "Label", (f"Shift+{n}",), in_menu=False)
        for n in range(1, 10)
    )
    return plain + shifted


_BEFORE_TOOLS: tuple[Command, ...] = (
    Command("open", "Open scene…", "File", ("Ctrl+O",), "folder-open", "Open a scene"),
    Command("open_folder", "Open a folder as scene…", "File", icon="folder-open"),
    Command("open_recent", "Open a recent scene…", "File", ("Ctrl+Shift+O",), "history"),
    Command("open_sample", "Open the sample scene", "File", icon="package"),
    Command(
        "open_regions", "Open regions of Segment Anything…", "File", icon="mouse-pointer-click"
    ),
    Command("save", "Save project", "File", ("Ctrl+S",), "save", "Save the project", divider=True),
    Command("save_project_as", "Save project as…", "File", (), "copy"),
    Command("save_ply", "Save labelled cloud as PLY…", "File", (), "box"),
    Command("save_glb", "Save labelled cloud as GLB…", "File", (), "boxes"),
    Command("export", "Export…", "File", ("Ctrl+E",), "share-2"),
    Command("quit", "Save and quit", "File", ("Ctrl+Q",), divider=True),
    Command("undo", "Undo", "Edit", ("Ctrl+Z",), "undo-2"),
    Command("redo", "Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo-2"),
)
_AFTER_TOOLS: tuple[Command, ...] = (
    Command(
        "through",
        "Paint through the surface",
        "Edit",
        icon="layers",
        hint="Brush and lasso on the cloud reach what lies behind, too",
    ),
    Command("confirm", "Close the polygon; go to a conflict", "Edit", ("Enter",)),
    Command("step_back", "Remove the last corner", "Edit", ("Backspace",)),
    Command("smaller", "Smaller brush", "Edit", ("[",), divider=True),
    Command("bigger", "Bigger brush", "Edit", ("]",)),
    Command("much_smaller", "Much smaller brush", "Edit", ("Shift+[",), in_menu=False),
    Command("much_bigger", "Much bigger brush", "Edit", ("Shift+]",), in_menu=False),
    Command(
        "protect",
        "Protect what is labelled",
        "Edit",
        ("R",),
        "shield",
        "What is painted already, and locked classes, stay as they are",
    ),
    Command("clear_photo", "Clear this photo's paint", "Edit", (), "trash-2", divider=True),
    Command("color_mode", "Next colour mode", "View", ("V",), "palette"),
    Command("colors_photo", "Photo colours", "View", icon="image"),
    Command("colors_labels", "Class colours", "View", icon="palette"),
    Command("colors_mix", "Photo colours tinted by class", "View", icon="blend"),
    Command(
        "only_this_photo",
        "Only what this photo sees",
        "View",
        ("O",),
        "scan-eye",
        "Dim all points that the open photo does not see",
    ),
    Command("peek", "Peek at the bare photo (hold)", "View", ("H",), is_held=True, in_menu=False),
    Command("less_opacity", "Fainter labels", "View", ("-",)),
    Command("more_opacity", "Stronger labels", "View", ("=",)),
    Command(
        "ghost",
        "Ghost labels",
        "View",
        ("Q",),
        "ghost",
        "Show what the cloud knows from other photos; hatched: what fusing guesses",
        divider=True,
    ),
    Command("conflicts", "Conflicts", "View", ("K",), "git-compare-arrows"),
    Command("confidence", "Confidence", "View", ("U",), "contrast"),
    Command("coverage", "Coverage", "View", ("Shift+U",), "layers"),
    Command("bigger_points", "Bigger points", "View", ("Ctrl+=",), divider=True),
    Command("smaller_points", "Smaller points", "View", ("Ctrl+-",)),
    Command("cameras", "Cameras", "View", ("M",), "camera", "Show or hide the cameras"),
    Command("thumbnails", "Photos on the cameras", "View", ("T",), "images"),
    Command("bigger_cameras", "Bigger cameras", "View", ("Ctrl+]",)),
    Command("smaller_cameras", "Smaller cameras", "View", ("Ctrl+[",)),
    Command("home", "Whole scene", "View", ("Home", "0"), "maximize", divider=True),
    Command("fit_photo", "Whole photo", "View", ("Shift+Home", "Shift+0"), "maximize"),
    Command("look_through", "Look through this camera", "View", ("Y",), "eye"),
    Command("cycle_panels", "3D, both, photo", "View", ("Tab",), "columns-2"),
    Command("previous_photo", "Previous photo", "Photo", ("Left", ","), "chevron-left"),
    Command("next_in_order", "Next photo in order", "Photo", ("Right", "."), "chevron-right"),
    Command(
        "next_photo",
        "Suggested next photo",
        "Photo",
        ("N",),
        "skip-forward",
        "Open the photo that helps most",
    ),
    Command("next_conflict", "Photo that disagrees", "Photo", ("Shift+K",), "git-compare-arrows"),
    Command(
        "fuse",
        "Fuse: derived labels on, off",
        "Label",
        ("Ctrl+Enter",),
        "sparkles",
        "Spread the paint to the whole cloud",
    ),
    Command("fuse_again", "Fuse again", "Label", ("Ctrl+Shift+Enter",), "sparkles"),
    Command("label_unsure", "Label unsure points too", "Label"),
    Command("accept_class", "Accept the ghost of this class", "Label", ("J",), divider=True),
    Command("accept_ghost", "Accept the whole ghost", "Label", ("Shift+J",)),
    Command("grow", "Grow this class by a ring", "Label", ("Shift+Up",), divider=True),
    Command("shrink", "Shrink this class by a ring", "Label", ("Shift+Down",)),
    Command("clear_class", "Clear this class on this photo", "Label"),
    Command("classes", "Choose a class by name…", "Label", ("C",), "search", divider=True),
    Command("swap_class", "Swap with the previous class", "Label", ("X",)),
    Command("pick_class", "Pick the class under the cursor", "Label", ("I",), "pipette"),
    Command("add_class", "Add a class…", "Label", (), "plus"),
    Command("statistics", "Statistics…", "Label", (), "chart-bar", divider=True),
    Command("evaluate", "Photos against each other…", "Label", (), "chart-bar"),
    *_class_keys(),
    Command("help", "All keys", "Help", ("F1", "?"), "circle-question-mark"),
    Command("hints", "First steps", "Help", (), "lightbulb"),
    Command("scene_notes", "About this scene", "Help", (), "info"),
    Command("about", "About O3D Paint", "Help", ()),
    Command("cancel", "Cancel what is under way", "Edit", ("Escape",), in_menu=False),
)

GESTURES: tuple[Gesture, ...] = (
    Gesture("Paint", ("Left drag",), "On the photo"),
    Gesture("Erase", ("Right drag",), "On the photo"),
    Gesture("Move the photo", ("Middle drag", "Space+drag"), "On the photo"),
    Gesture("Zoom at the cursor", ("Wheel",), "On the photo"),
    Gesture("Brush size", ("Ctrl+wheel",), "On the photo"),
    Gesture("Polygon: corner, take it back", ("Click", "Right click"), "On the photo"),
    Gesture("Polygon: close", ("Double click", "Enter"), "On the photo"),
    Gesture("Pick the class under the cursor", ("Alt+click",), "On the photo"),
    Gesture("Open a photo", ("Click a camera",), "In the 3D view"),
    Gesture("Turn", ("Left drag",), "In the 3D view"),
    Gesture("Move", ("Right drag", "Middle drag"), "In the 3D view"),
    Gesture("Turn with a 3D tool", ("Middle drag", "Space+drag"), "In the 3D view"),
    Gesture("Erase with a 3D tool", ("Right drag",), "In the 3D view"),
    Gesture("Nearer, farther", ("Wheel",), "In the 3D view"),
    Gesture("Point size", ("Ctrl+wheel",), "In the 3D view"),
    Gesture("Turn around this spot", ("Double click",), "In the 3D view"),
    Gesture("Pick the class of a spot", ("Alt+click",), "In the 3D view"),
    Gesture("Open the photo that sees a spot best", ("Ctrl+click",), "In the 3D view"),
)

# "?" is Shift+/ on the US layout, "+" is Shift+=.
_SAME_KEY = {"?": "Shift+/", "+": "Shift+="}
_IS_MAC = platform.system() == "Darwin"


def commands() -> tuple[Command, ...]:
    """Return all commands, with one for each tool in the table of tools."""
    return _commands(tuple(TOOLS.values()))


@cache
def _commands(tools: tuple[ToolSpec, ...]) -> tuple[Command, ...]:
    of_tools = tuple(
        Command(
            tool.tool_id,
            tool.title,
            "Edit",
            tool.keys,
            tool.icon,
            tool.hint,
            is_held=tool.is_held,
            divider=tool.divider,
        )
        for tool in tools
    )
    return (*_BEFORE_TOOLS, *of_tools, *_AFTER_TOOLS)


@cache
def _by_id(listed: tuple[Command, ...]) -> dict[str, Command]:
    return {c.command_id: c for c in listed}


@cache
def _by_key(listed: tuple[Command, ...]) -> dict[str, Command]:
    return {_SAME_KEY.get(key, key): c for c in listed for key in c.keys}


def find_command(command_id: str) -> Command:
    """Return a command by its id.

    Raises:
        KeyError: There is none.
    """
    return _by_id(commands())[command_id]


def command_of(event: KeyEvent) -> Command | None:
    """Return the command of a key, None for none."""
    key = event.key.upper() if len(event.key) == 1 else event.key
    order = [name.capitalize() for name in ("ctrl", "alt", "shift") if name in event.modifiers]
    return _by_key(commands()).get("+".join([*order, key]))


def key_text(command: Command) -> str:
    """Return the command's first key as people write it here; "" without one."""
    if not command.keys:
        return ""
    return command.keys[0].replace("Ctrl", "⌘") if _IS_MAC else command.keys[0]


def tooltip_of(command_id: str) -> str:
    """Return the tooltip of a command's button, with its key."""
    command = find_command(command_id)
    words, key = command.hint or command.title.rstrip("…"), key_text(command)
    return f"{words} ({key})" if key else words


def help_rows() -> tuple[tuple[str, tuple[str, ...], str], ...]:
    """Return title, keys and group of everything that the overlay and the README list."""
    rows = [(g.title, g.keys, g.group) for g in GESTURES]
    for group in MENUS:
        listed = (c for c in commands() if c.group == group and c.keys)
        rows += [(c.title, c.keys, group) for c in listed if not c.command_id.startswith("class_")]
        if group == "Label":
            rows += [("Class 1 to 9", ("1–9",), group), ("Class 10 to 18", ("Shift+1–9",), group)]
    return tuple(rows)
