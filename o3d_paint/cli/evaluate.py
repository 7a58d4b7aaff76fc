"""``o3d-paint eval``: how good labels are, against the other photos or against truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from o3d_paint.cli.answer import Answer, answers
from o3d_paint.cli.opened import SceneOption, open_project
from o3d_paint.cli.options import flags_given, reads_scene
from o3d_paint.cli.places import WRITING, OverwriteOption, ask_before_filling
from o3d_paint.cli.summary import conflict_lines
from o3d_paint.cli.terminal import say
from o3d_paint.cli.without_effect import without_effect
from o3d_paint.plain_text import printable

if TYPE_CHECKING:
    from rich.table import Table

    from o3d_paint.io.scene import LoadOptions

_MATCHINGS = ("order", "nearest")
_NARROWEST = 100
_WIDEST_MATRIX = 12  # classes; JSON has all of it


@reads_scene
@answers("eval")
def evaluate(
    project: Annotated[
        Path | None,
        typer.Argument(metavar="[PROJECT]", help="Project folder: leave one photo out."),
    ] = None,
    pred: Annotated[
        Path | None, typer.Option("--pred", metavar="FILE", help="Labelled cloud to judge.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", metavar="FILE", help="Ground-truth labelled cloud.")
    ] = None,
    match: Annotated[
        str | None,
        typer.Option(
            metavar="order|nearest",
            help="Pair points by order or by place; by order if both hold the same points.",
        ),
    ] = None,
    reach: Annotated[
        float | None, typer.Option(help="Farthest that a nearest point may lie, in scene units.")
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            "--pictures",
            metavar="DIR",
            help="Draw where photos were predicted wrong, a picture each.",
            rich_help_panel=WRITING,
        ),
    ] = None,
    scene: SceneOption = None,
    overwrite: OverwriteOption = False,
    *,
    options: LoadOptions,
    answer: Answer,
) -> None:
    """Measure labels: each painted photo against the others, or one cloud against another.

    Example: o3d-paint eval scene.o3dpaint -o errors

    Example: o3d-paint eval --pred out.ply --truth truth.ply
    """
    if match not in (None, *_MATCHINGS):
        msg = f"--match must be order or nearest, got {match!r}"
        raise typer.BadParameter(msg)
    if (project is None) == (pred is None and truth is None) or (pred is None) != (truth is None):
        msg = "give a PROJECT, or --pred and --truth"
        raise typer.BadParameter(msg)
    places = [] if pictures is None else [pictures]
    answer.check(inputs=[project, pred, truth], outputs=places, overwrite=overwrite)
    if project is None:
        assert pred is not None
        assert truth is not None
        given = {
            "--pictures": pictures is not None,
            "--scene": scene is not None,
            **flags_given(options),
        }
        answer.note(without_effect(given, "on two clouds: they are for a project"))
        report, notes = _compared(pred, truth, match=match, reach=reach)
    else:
        clouds = {"--match": match is not None, "--reach": reach is not None}
        answer.note(without_effect(clouds, "on a project: they are for --pred and --truth"))
        if pictures is not None:
            ask_before_filling(pictures, overwrite=overwrite)
        report, notes = _left_out(
            project, pictures=pictures, scene=scene, options=options, answer=answer
        )
    answer.note(notes)
    if answer.shows_text:
        _print(report)
    drawn = () if pictures is None or project is None else sorted(pictures.glob("errors_*.png"))
    answer.finish({**report, "outputs": [str(path) for path in drawn]})


def _compared(
    pred: Path, truth: Path, *, match: str | None, reach: float | None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the figures of two files, and what was noticed."""
    from o3d_paint.io.comparison import compare_files
    from o3d_paint.project.evaluation import scores_report

    if reach is not None and not 0 < reach < float("inf"):
        msg = f"--reach must be a positive number, got {reach}"
        raise typer.BadParameter(msg)
    limit = float("inf") if reach is None else reach
    found = compare_files(pred, truth, matching=match, reach=limit)  # type: ignore[arg-type]
    report = {
        "protocol": f"against truth, points matched by {found.matching}",
        "project": None,
        "pred": str(pred),
        "truth": str(truth),
        **scores_report(found.scores, found.taxonomy),
        "notes": list(found.notes),
    }
    notes = list(found.notes)
    if found.matching == "order":
        given = {"--reach": reach is not None}
        notes += without_effect(given, "on points in order: it is for --match nearest")
    return report, tuple(notes)


def _left_out(
    folder: Path,
    *,
    pictures: Path | None,
    scene: Path | None,
    options: LoadOptions,
    answer: Answer,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the figures of a project, and draw the pictures."""
    from o3d_paint.io.review import ErrorPictures
    from o3d_paint.project.evaluation import evaluate as evaluate_project

    opened = open_project(folder, scene=scene, options=options, answer=answer)
    drawn = None
    if pictures is not None:
        work = opened.project
        drawn = ErrorPictures(work.scene, work.masks, work.taxonomy, folder=pictures)
    with answer.progress("Leaving photos out") as told:
        found = evaluate_project(opened.project, shown=drawn, progress=told)
    notes = () if drawn is None else (f"Pictures of {len(found.photos)} photos: {pictures}",)
    if found.accepted:
        notes = (*notes, f"Accepted predictions, on {found.accepted:,} points, took no part.")
    return {**found.to_json(), "project": str(folder), "pred": None, "truth": None}, notes


def _print(report: dict[str, Any]) -> None:
    """Print the figures as tables."""
    from rich.console import Console

    # Columns stay readable where the output is no terminal.
    console = Console(highlight=False)
    console.width = max(console.width, _NARROWEST)
    say(f"{report['protocol']}: {report['points']:,} points compared")
    for name, key in (
        ("accuracy", "accuracy"),
        ("  of labelled", "accuracy_of_labelled"),
        ("mean IoU", "mean_iou"),
        ("coverage", "coverage"),
    ):
        say(f"  {name:<13} {_percent(report[key]):>8}")
    console.print(_class_table(report))
    if 1 < len(report["classes"]) <= _WIDEST_MATRIX:
        console.print(_confusion_table(report))
    if "photos" in report:
        console.print(_photo_table(report))
        for line in conflict_lines(report["conflicts"]):
            say(line)


def _class_table(report: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table("class", title="Classes", title_justify="left")
    for head in ("IoU", "true", "predicted"):
        table.add_column(head, justify="right")
    for c in report["classes"]:
        iou = _percent(c["iou"]) if c["true"] else "–"
        table.add_row(_safe(c["name"]), iou, f"{c['true']:,}", f"{c['predicted']:,}")
    return table


def _confusion_table(report: dict[str, Any]) -> Table:
    """Return what the points of each class were taken for, in per cent of the class."""
    from rich.table import Table

    names = {c["id"]: c["name"] for c in report["classes"]}
    table = Table("true class", title="What each class was taken for", title_justify="left")
    for class_id in (*report["confusion"]["predicted"][1:], 0):
        table.add_column(_safe(names.get(class_id, "nothing")), justify="right")
    rows = zip(report["confusion"]["true"], report["confusion"]["counts"], strict=True)
    for class_id, counts in rows:
        total = sum(counts)
        if total:
            shares = [_percent(n / total) if n else "·" for n in (*counts[1:], counts[0])]
            table.add_row(_safe(names[class_id]), *shares)
    return table


def _photo_table(report: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table("photo left out", title="Photos", title_justify="left")
    for head in ("points", "accuracy", "mean IoU", "coverage"):
        table.add_column(head, justify="right")
    for p in report["photos"]:
        figures = (_percent(p[key]) for key in ("accuracy", "mean_iou", "coverage"))
        table.add_row(_safe(p["photo"]), f"{p['points']:,}", *figures)
    return table


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _safe(text: str) -> str:
    """Return a name in which rich sees no markup and a terminal no command."""
    from rich.markup import escape

    return escape(printable(text))
