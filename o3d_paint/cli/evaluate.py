"""``o3d-paint eval``: how good labels are, against the other photos or against truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from o3d_paint.cli.opened import SceneOption, open_project
from o3d_paint.cli.options import QuietOption, reads_scene
from o3d_paint.cli.summary import print_conflicts
from o3d_paint.cli.terminal import note, print_json, progress_of, say
from o3d_paint.plain_text import printable

if TYPE_CHECKING:
    from rich.table import Table

    from o3d_paint.io.scene import LoadOptions

_MATCHINGS = ("order", "nearest")
_NARROWEST = 100
_WIDEST_MATRIX = 12  # classes; JSON has all of it


@reads_scene
def evaluate(
    project: Annotated[
        Path | None,
        typer.Argument(metavar="[PROJECT]", help="Project folder: leave one photo out."),
    ] = None,
    pred: Annotated[
        Path | None, typer.Option("--pred", metavar="FILE", help="Labelled cloud to judge.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", metavar="FILE", help="Labelled cloud that is right.")
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
        typer.Option("--pictures", metavar="DIR", help="Draw where photos were predicted wrong."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    scene: SceneOption = None,
    quiet: QuietOption = False,
    *,
    options: LoadOptions,
) -> None:
    """Measure labels: each painted photo against the others, or one cloud against another.

    Example: o3d-paint eval scene.o3dpaint --pictures errors

    Example: o3d-paint eval --pred out.ply --truth truth.ply
    """
    if match not in (None, *_MATCHINGS):
        msg = f"--match must be order or nearest, got {match!r}"
        raise typer.BadParameter(msg)
    if (project is None) == (pred is None and truth is None) or (pred is None) != (truth is None):
        msg = "give a PROJECT, or --pred and --truth"
        raise typer.BadParameter(msg)
    if project is None:
        assert pred is not None
        assert truth is not None
        report, notes = _compared(pred, truth, match=match, reach=reach)
    else:
        report, notes = _left_out(
            project,
            pictures=pictures,
            scene=scene,
            options=options,
            quiet=quiet,
        )
    if as_json:
        print_json(report)
        return
    note(notes, quiet=quiet)
    _print(report)


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
        "pred": str(pred),
        "truth": str(truth),
        **scores_report(found.scores, found.taxonomy),
        "notes": list(found.notes),
    }
    return report, found.notes


def _left_out(
    folder: Path,
    *,
    pictures: Path | None,
    scene: Path | None,
    options: LoadOptions,
    quiet: bool,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the figures of a project, and draw the pictures."""
    from o3d_paint.io.review import ErrorPictures
    from o3d_paint.project.evaluation import evaluate as evaluate_project

    opened = open_project(folder, scene=scene, options=options, quiet=quiet)
    drawn = None
    if pictures is not None:
        work = opened.project
        drawn = ErrorPictures(work.scene, work.masks, work.taxonomy, folder=pictures)
    with progress_of("Leaving photos out", quiet=quiet) as told:
        found = evaluate_project(opened.project, shown=drawn, progress=told)
    notes = () if drawn is None else (f"Pictures of {len(found.photos)} photos: {pictures}",)
    if found.accepted:
        notes = (*notes, f"Accepted predictions, on {found.accepted:,} points, took no part.")
    return found.to_json(), notes


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
        print_conflicts(report["conflicts"], quiet=False)


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
