"""The cards of the Help menu: all keys, the first steps, this scene, this program."""

from __future__ import annotations

from o3d_paint import __version__
from o3d_paint.core.scene import Scene
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.ui.commands import help_rows
from o3d_paint.ui.panels.dialog import DialogButton
from o3d_paint.ui.panels.help_overlay import HelpOverlay, HelpRow
from o3d_paint.ui.panels.hints import HintCard
from o3d_paint.ui.popups import Popups

__all__ = [
    "length_text",
    "scene_facts",
    "scene_line",
    "show_about",
    "show_help",
    "show_hints",
    "tell",
]


def show_help(popups: Popups) -> None:
    """Show all keys and gestures."""
    overlay = HelpOverlay(popups.close)
    overlay.set_model([HelpRow(*row) for row in help_rows()])
    popups.open(overlay)


def show_hints(popups: Popups) -> None:
    """Show the first steps, in a corner that leaves the window free."""

    def show(number: int) -> None:
        card.set_model(number)
        popups.refit()

    card = HintCard(show, popups.close)
    card.set_model(0)
    popups.open(card, is_corner=True)


def show_about(popups: Popups) -> None:
    """Say which program this is."""
    text = "Paint photos, watch the 3D scene become labelled. MIT licence; icons by Lucide (ISC)."
    tell(popups, f"O3D Paint {__version__}", text)


def tell(popups: Popups, title: str, text: str) -> None:
    """Show a text with a button to close it."""
    button = DialogButton("cancel", "Close", is_primary=True)
    popups.ask(title, text, (button,), lambda _: None, icon="info")


def length_text(scene: Scene, length: float) -> str:
    """Return a length in scene units and in point spacings."""
    unit = " m" if scene.metric else " units"
    return f"{length:.3g}{unit} ({length / scene.spacing:.3g} point spacings)"


def scene_line(scene: Scene) -> str:
    """Return the facts that the status bar shows first."""
    unit = "m" if scene.metric else "units"
    return (
        f"{len(scene.cloud):,} points · spacing {scene.spacing:.2g} {unit}"
        f" · trusted: {scene.rule.reason}"
    )


def scene_facts(scene: Scene, settings: FusionSettings) -> tuple[str, ...]:
    """Return what holds in a scene, one sentence each: points, units, confidence, fusing."""
    unit = "one unit is plausibly one metre" if scene.metric else "its unit is unknown"
    radius = settings.resolved(scene).used().get("max_distance")
    reach = (
        ()
        if radius is None
        else (f"Fusing reaches {length_text(scene, radius)} from painted points.",)
    )
    return (
        f"{len(scene.cloud):,} points and {len(scene.frames)} photos; {unit},"
        f" the point spacing {scene.spacing:.3g}.",
        f"Trusted depth: {scene.rule.reason}.",
        *reach,
        f"Fused labels less sure than {settings.min_confidence:g} are left out.",
        *scene.notes,
    )
