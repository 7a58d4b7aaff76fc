"""The options of ``fuse`` that say how labels come about, made from `FusionSettings`."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Annotated, Any, get_args, get_type_hints

import typer

from o3d_paint.cli.shared import taking
from o3d_paint.fusion.settings import FusionSettings

__all__ = ["Given", "ineffective", "with_fusion_settings"]

Given = dict[str, Any]
"""Settings that were typed, by name; a project's own hold for the others."""

_PANEL = "How to fuse"
_UNKNOWN_TO_ARTICLE = ("min_confidence", "keep_strokes")
_METAVARS = {"method": "NAME", "min_confidence": "SHARE", "batch_size": "POINTS"}


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _options() -> dict[str, tuple[Any, Any]]:
    """Return an option for each setting that has a text for ``--help``."""
    kinds = get_type_hints(FusionSettings)
    options: dict[str, tuple[Any, Any]] = {}
    for known in fields(FusionSettings):
        if not known.metadata["help"]:
            continue
        name, kind = known.name, kinds[known.name]
        plain = str if name == "method" else next(iter(get_args(kind)), kind)
        flags = [_flag(name)] if plain is not bool else [f"{_flag(name)}/--no-{_flag(name)[2:]}"]
        option = typer.Option(
            *flags,
            metavar=_METAVARS.get(name),
            help=known.metadata["help"],
            show_default=False,
            rich_help_panel=_PANEL,
        )
        options[name] = Annotated[plain | None, option], None
    return options


def _given(**typed: Any) -> Given:
    """Return what was typed.

    Raises:
        typer.BadParameter: A value is out of range, or not part of the article's method.
    """
    given = {name: value for name, value in typed.items() if value is not None}
    try:
        settings = replace(FusionSettings(), **given)
    except ValueError as error:
        name, _, rest = str(error).partition(" ")
        msg = f"{_flag(name)} {rest}"
        raise typer.BadParameter(msg) from error
    unknown = [_flag(n) for n in _UNKNOWN_TO_ARTICLE if given.get(n)]
    if settings.method == "article" and unknown:
        msg = f"{' and '.join(unknown)} cannot be part of --method article: leave it out"
        raise typer.BadParameter(msg)
    return given


def ineffective(settings: FusionSettings, given: Given) -> list[str]:
    """Return a sentence for each typed setting that has no effect with the method in use."""
    notes = settings.without_effect(given)
    return [_flag(text.split(" ", 1)[0]) + text[text.index(" ") :] for text in notes]


with_fusion_settings = taking("given", _options(), _given)
"""Gives a command every option about how to fuse, as ``given: Given``."""
