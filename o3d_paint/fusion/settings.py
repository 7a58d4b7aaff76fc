"""How labels come about: the one set of settings of window, commands and library.

The options of ``o3d-paint fuse`` are made from the fields, whose metadata holds what ``--help``
says. Nothing heavy is imported, since ``--help`` reads this.
"""

from __future__ import annotations

import math
from dataclasses import Field, asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable

    from o3d_paint.core.scene import Scene

__all__ = ["METHODS", "FuseOptions", "FusionSettings", "Method"]

Method = Literal["graph", "nearest", "ball", "article"]
METHODS: tuple[Method, ...] = get_args(Method)
_VOTING = ("nearest", "ball", "article")
_POSITIVE = ("a finite number above 0", math.ulp(0), math.inf, float)
_COUNT = ("a whole number from 1 on", 1, math.inf, int)
_NUMBERS: dict[str, tuple[str, float, float, type[float]]] = {
    "min_confidence": ("a number from 0 to 1", 0, 1, float),
    "conf_thresh": ("a finite number", -math.inf, math.inf, float),
    "tolerance": _POSITIVE,
    "max_camera_distance": _POSITIVE,
    "max_distance": _POSITIVE,
    "min_neighbors": _COUNT,
    "batch_size": _COUNT,
}
"""What each number must be, in words and as bounds, and its type."""


def _says(text: str, methods: tuple[str, ...] = METHODS) -> dict[str, Any]:
    """Return the metadata of a field.

    Args:
        text: What ``--help`` says of it; "" where it is no option of its own.
        methods: Those that use it.
    """
    return {"help": text, "methods": methods}


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionSettings:
    """How labels come about. What is None is filled in by `resolved` to suit scene and method.

    Attributes:
        method: "graph": labels travel along the surface to every point (random walker).
            "nearest": points close to paint take a vote, the rest the nearest label. "ball":
            painted points keep theirs, a ball vote labels what lies near them. "article": the
            published method to the letter.
        min_confidence: Points less sure than this stay unlabelled, 0 to 1; 0 labels everything that
            is reached. The article has no confidence and labels as it always did.
        keep_strokes: Painted points keep their labels exactly, sloppy ones too, however sure;
            of "graph", since the others do so anyway.
        conf_thresh: Of the article: painted pixels count with confidence above this, in the file's
            own units. Other methods use the scene's own rule.
        tolerance: Scene units. Article: a projected point labels the nearest point if closer.
            Others: how far a point may lie from a photo's depth map, beside a share of the depth.
        max_camera_distance: Scene units; paint farther than this from every camera does not count.
        max_distance: Radius of the ball that votes, scene units.
        min_neighbors: Fewest labelled points in the ball.
        batch_size: Points voted on at a time; labels do not depend on it.

    Raises:
        ValueError: A method that there is not, or a value out of range.
    """

    method: Method = field(
        default="graph",
        metadata=_says(
            "graph: along the surface. nearest: the nearest label. ball: labelled points around"
            " vote. article: the published method to the letter. Default: graph."
        ),
    )
    min_confidence: float = field(
        default=0.5,
        metadata=_says(
            "Points less sure than this, 0 to 1, stay unlabelled; 0 labels everything."
            " Default: 0.5.",
            ("graph", "nearest", "ball"),
        ),
    )
    keep_strokes: bool = field(
        default=False,
        metadata=_says(
            "Painted points keep their labels exactly, sloppy ones too. Other methods than graph"
            " always do so.",
            ("graph",),
        ),
    )
    conf_thresh: float | None = field(default=None, metadata=_says("", ("article",)))
    tolerance: float | None = field(
        default=None,
        metadata=_says(
            "Farthest that a point may lie from what a photo shows, in scene units. Article: 0.01."
        ),
    )
    max_camera_distance: float | None = field(
        default=None,
        metadata=_says("Paint farther than this from every camera is dropped. Article: 5.0."),
    )
    max_distance: float | None = field(
        default=None,
        metadata=_says(
            "Radius in which labelled points vote: nearest, ball, article. Article: 0.05.",
            _VOTING,
        ),
    )
    min_neighbors: int | None = field(
        default=None,
        metadata=_says(
            "Fewest labelled points in that radius: ball, article. Default: 3.",
            ("ball", "article"),
        ),
    )
    batch_size: int | None = field(
        default=None,
        metadata=_says(
            "Points voted on at a time, for less memory: nearest, ball, article. Default: 100000.",
            _VOTING,
        ),
    )

    def __post_init__(self) -> None:
        """Check every value."""
        if self.method not in METHODS:
            close = get_close_matches(str(self.method), METHODS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"choose {', '.join(METHODS)}"
            msg = f"method {self.method!r} does not exist: {hint}"
            raise ValueError(msg)
        kept: Any = self.keep_strokes
        if kept not in (True, False):
            msg = f"keep_strokes must be True or False, got {kept!r}"
            raise ValueError(msg)
        object.__setattr__(self, "keep_strokes", bool(kept))
        for name in _NUMBERS:
            value = getattr(self, name)
            if value is not None or name == "min_confidence":
                object.__setattr__(self, name, _number(name, value))

    def resolved(self, scene: Scene | None) -> FusionSettings:
        """Return the settings with every value filled in that only the scene or method tells.

        Args:
            scene: Its unit and preset say how far is near; None takes the published distances.

        Returns:
            With the article its published constants, or the preset's; with other methods
            ``tolerance`` and ``max_camera_distance`` stay None where not given: the first is
            then measured on the photos, the second no limit.
        """
        from o3d_paint.core.distances import PRESETS, ball_radius, batch_size
        from o3d_paint.fusion.article import ArticleOptions

        suited = asdict(ArticleOptions())
        if self.method != "article":
            suited = {n: suited[n] for n in ("max_distance", "min_neighbors", "batch_size")}
            if scene is not None:
                suited |= {"max_distance": ball_radius(scene), "batch_size": batch_size(scene)}
        elif scene is not None and scene.preset is not None:
            preset = PRESETS[scene.preset]
            suited |= {"max_distance": preset.radius, "conf_thresh": preset.confidence}
        return replace(self, **{n: v for n, v in suited.items() if getattr(self, n) is None})

    def used(self) -> dict[str, Any]:
        """Return the values that the method uses, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if self.method in _methods(f)}

    def without_effect(self, names: Iterable[str]) -> list[str]:
        """Return a sentence for each of some fields that the method does not use.

        Args:
            names: Of fields that somebody gave a value.
        """
        given = set(names)
        return [
            f"{f.name} has no effect with method {self.method}: {_listed(_methods(f))} it."
            for f in fields(self)
            if f.name in given and self.method not in _methods(f)
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the settings as values of JSON's types."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> FusionSettings:
        """Return what `to_json` gave; of anything else, such as another version's, what fits."""
        settings = cls()
        for f in fields(cls) if isinstance(value, dict) else ():
            if f.name in value:
                try:
                    settings = replace(settings, **{f.name: value[f.name]})
                except (TypeError, ValueError):
                    continue
        return settings


FuseOptions = FusionSettings
"""The name of the settings in earlier versions of the library."""


def _methods(known: Field[Any]) -> tuple[str, ...]:
    methods: tuple[str, ...] = known.metadata["methods"]
    return methods


def _listed(methods: tuple[str, ...]) -> str:
    """Return methods with their verb, such as "nearest, ball and article use"."""
    if len(methods) == 1:
        return f"{methods[0]} uses"
    return f"{', '.join(methods[:-1])} and {methods[-1]} use"


def _number(name: str, value: Any) -> float:
    """Return a number as a plain one of its type.

    Raises:
        ValueError: It is none, not finite, or out of range.
    """
    wanted, low, high, kind = _NUMBERS[name]
    try:
        # NaN is in no range.
        in_range = low <= value <= high and abs(value) < math.inf and not isinstance(value, bool)
        if in_range and kind(value) == value:
            return kind(value)
    except (TypeError, ValueError):
        pass
    msg = f"{name} must be {wanted}, got {value!r}"
    raise ValueError(msg)
