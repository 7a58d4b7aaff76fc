"""``o3d-paint stats``: the table of classes: points, share, area, photos, sure and unsure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from o3d_paint.cli.answer import STDOUT, Answer, answers
from o3d_paint.cli.opened import PaintedOnlyOption, SceneOption, open_project
from o3d_paint.cli.options import flags_given, reads_scene
from o3d_paint.cli.places import WRITING, OverwriteOption, ask_before_overwriting, check_place
from o3d_paint.cli.without_effect import without_effect

if TYPE_CHECKING:
    from o3d_paint.core.statistics import ClassStatistics
    from o3d_paint.io.scene import LoadOptions

_NARROWEST = 100


@reads_scene
@answers("stats")
def stats(
    work: Annotated[
        Path,
        typer.Argument(
            metavar="PROJECT|FILE", help="Project folder, or a labelled cloud such as out.ply."
        ),
    ],
    csv_file: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help="Write the table for a spreadsheet. - writes it to standard output.",
            rich_help_panel=WRITING,
        ),
    ] = None,
    painted_only: PaintedOnlyOption = False,
    scene: SceneOption = None,
    overwrite: OverwriteOption = False,
    *,
    options: LoadOptions,
    answer: Answer,
) -> None:
    """Count what each class has: points, share, area, photos, sure and unsure points.

    Example: o3d-paint stats scene.o3dpaint --csv classes.csv

    Example: o3d-paint stats out.ply --json -
    """
    from o3d_paint.core.statistics import as_csv
    from o3d_paint.io.store import write_bytes
    from o3d_paint.project.layout import is_project
    from o3d_paint.project.statistics import statistics_report

    if csv_file == STDOUT and not answer.has_stdout:
        msg = "--csv and --json cannot both go to standard output: give one a file"
        raise typer.BadParameter(msg)
    tables = [csv_file] if csv_file is not None and csv_file != STDOUT else []
    for table in tables:
        check_place(table, [work])
    answer.check(inputs=[work, scene], outputs=tables, overwrite=overwrite)
    ask_before_overwriting(tables, overwrite=overwrite)
    if is_project(work):
        lines, about = _of_project(
            work, scene=scene, options=options, painted_only=painted_only, answer=answer
        )
    else:
        lines, about = _of_cloud(work, answer)
        given = {
            "--painted-only": painted_only,
            "--scene": scene is not None,
            **flags_given(options),
        }
        answer.note(without_effect(given, "but on a project"))
    if csv_file is not None:
        text = as_csv(lines, unit=about["unit"])
        if csv_file == STDOUT:
            typer.echo(text, nl=False)
        else:
            write_bytes(csv_file, text.encode(), inputs=answer.inputs)
            answer.say(f"wrote {csv_file}")
    if answer.shows_text and csv_file != STDOUT:
        _print(lines, about)
    answer.finish({**about, **statistics_report(lines)})


def _of_project(
    folder: Path, *, scene: Path | None, options: LoadOptions, painted_only: bool, answer: Answer
) -> tuple[tuple[ClassStatistics, ...], dict[str, Any]]:
    """Return the table of a project as it shows, and what is said about it."""
    from o3d_paint.project.statistics import statistics

    opened = open_project(folder, scene=scene, options=options, answer=answer)
    project = opened.project
    if not painted_only and (project.fusion is None or not project.fused_shown):
        answer.note(["Nothing is fused in the project: only what is painted is counted."])
    elif not painted_only and project.fusion_is_stale:
        answer.note(["Strokes that came after fusing have not spread: fuse once more."])
    with answer.progress("Counting") as told:
        told(0.5, "")
        lines = statistics(project, painted_only=painted_only)
    about = {
        "file": str(opened.inputs[0]),
        "project": str(folder),
        "unit": "m" if opened.scene.metric else "unit",
        "min_confidence": project.min_confidence if project.fused_shown else None,
    }
    return lines, about


def _of_cloud(path: Path, answer: Answer) -> tuple[tuple[ClassStatistics, ...], dict[str, Any]]:
    """Return the table of a labelled cloud, and what is said about it."""
    from o3d_paint.errors import SceneError
    from o3d_paint.io.clouds.registry import read_cloud
    from o3d_paint.project.statistics import statistics, unit_of

    with answer.progress("Counting") as told:
        told(0.0, "")
        cloud = read_cloud(path)
        if cloud.labels is None:
            expected = "expected a column such as 'label' or 'classification'"
            msg = " ".join([f"{path} has no labels: {expected}.", *cloud.notes])
            raise SceneError(msg)
        lines = statistics(cloud)
    answer.note(cloud.notes)
    if not cloud.names:
        answer.note([f"{path} does not name its classes: they are called by their numbers."])
    about = {"file": str(path), "project": None, "unit": unit_of(cloud.xyz), "min_confidence": None}
    return lines, about


def _print(lines: tuple[ClassStatistics, ...], about: dict[str, Any]) -> None:
    """Print the table; columns of which nothing is known are left out."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    console.width = max(console.width, _NARROWEST)
    has = {
        name: any(getattr(line, name) is not None for line in lines)
        for name in ("sure", "unsure", "photos", "conflicts")
    }
    unit = f"{about['unit']}²"
    table = Table("class")
    for head in ("points", "share", "area", *(name for name, known in has.items() if known)):
        table.add_column(head, justify="right")
    for line in lines:
        # What nobody labelled is neither sure nor in any photo.
        counts = [f"{getattr(line, name):,}" for name, known in has.items() if known]
        counts = counts if line.class_id else ["–"] * len(counts)
        table.add_row(
            escape(line.name), f"{line.points:,}", f"{line.share:.1%}",
            f"{line.area:.3g} {unit}", *counts,
        )  # fmt: skip
    console.print(table)
