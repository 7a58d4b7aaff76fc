"""``o3d-paint taxonomies``: class lists that ship with the program, and those of projects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from o3d_paint.cli.answer import Answer, answers
from o3d_paint.cli.places import STDOUT, OverwriteOption, ask_before_overwriting, check_place

if TYPE_CHECKING:
    from o3d_paint.core.taxonomy import Taxonomy
    from o3d_paint.io.taxonomy_file import TaxonomyFile

__all__ = ["TaxonomyOption", "chosen_list", "chosen_taxonomy", "taxonomies"]

TaxonomyOption = Annotated[
    str | None,
    typer.Option(
        "--taxonomy",
        metavar="NAME|FILE",
        help="Classes to begin with: cityscapes, scannet20, s3dis, asprs, a plug-in's list by its"
        " name, names such as floor,wall, or a file of any usual form (JSON, YAML, CSV, a name a"
        " line).",
    ),
]


def chosen_list(text: str | None) -> TaxonomyFile | None:
    """Return the class list that the option names; None where it is not given.

    Raises:
        PaintError: There is no such list, or it cannot be read.
    """
    if text is None:
        return None
    from o3d_paint.io.taxonomy_file import find_taxonomy

    return find_taxonomy(text)


def chosen_taxonomy(text: str | None) -> Taxonomy | None:
    """Return the classes that the option names; see `chosen_list`."""
    chosen = chosen_list(text)
    return None if chosen is None else chosen.taxonomy


@answers("taxonomies")
def taxonomies(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME|FILE|PROJECT]", help="A class list to show or write."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it as JSON.")
    ] = None,
    overwrite: OverwriteOption = False,
    *,
    answer: Answer,
) -> None:
    """List the class lists that ship with the program or come with plug-ins; show or write one.

    Example: o3d-paint taxonomies cityscapes -o my_classes.json
    """
    from o3d_paint.io.taxonomy_file import class_lists, find_taxonomy, write_taxonomy

    if name is None:
        if output is not None:
            msg = "say which class list to write"
            raise typer.BadParameter(msg)
        answer.check(overwrite=overwrite)
        presets = {preset: find_taxonomy(preset) for preset in class_lists()}
        for preset, found in presets.items():
            answer.show(f"{preset:<12} {found.name}, {len(found.taxonomy)} classes")
        listed = [_listed(n, found) for n, found in presets.items()]
        answer.finish({"taxonomies": listed, "outputs": []})
        return
    if output == STDOUT and not answer.has_stdout:
        msg = "-o and --json cannot both go to standard output: give one a file"
        raise typer.BadParameter(msg)
    outputs = [] if output in (None, STDOUT) else [output]
    answer.check(inputs=[name], outputs=outputs, overwrite=overwrite)
    found = _found(name)
    if output is None:
        _print(found, answer)
    elif output == STDOUT:
        write_taxonomy(found.taxonomy, output)
    else:
        check_place(output, [Path(name)])
        ask_before_overwriting([output], overwrite=overwrite)
        write_taxonomy(found.taxonomy, output, inputs=[Path(name)])
        answer.say(f"wrote {output} ({len(found.taxonomy)} classes)")
    answer.finish({"taxonomies": [_listed(name, found)], "outputs": [str(o) for o in outputs]})


def _listed(name: str, found: TaxonomyFile) -> dict[str, Any]:
    """Return a class list as values of JSON's types."""
    classes = [{"id": c.class_id, "name": c.name, "color": list(c.color)} for c in found.taxonomy]
    about = {"name": name, "title": found.name, "note": found.note, "source": found.source}
    return {**about, "classes": classes}


def _found(text: str) -> TaxonomyFile:
    """Return a class list by name, file or project folder."""
    from o3d_paint.io.files import reading
    from o3d_paint.io.taxonomy_file import TaxonomyFile, find_taxonomy
    from o3d_paint.project.document_in import document_in
    from o3d_paint.project.layout import is_project

    if not is_project(Path(text)):
        return find_taxonomy(text)
    with reading(Path(text)):
        read = document_in(Path(text))
    return TaxonomyFile(read.taxonomy, read.scene_name)


def _print(found: TaxonomyFile, answer: Answer) -> None:
    answer.show(f"{found.name}, {len(found.taxonomy)} classes")
    for c in found.taxonomy:
        r, g, b = c.color
        mark = f"  {typer.style('  ', bg=c.color)}"
        answer.show(f" {c.class_id:>5}  #{r:02x}{g:02x}{b:02x}  {c.name}", mark=mark)
    for text in (found.note, f"Source: {found.source}" if found.source else ""):
        if text:
            answer.show(text)
