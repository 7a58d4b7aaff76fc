"""Tables about the work: what each class has, and how well painted photos predict each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.disagreement import Conflict, conflicts_by_pair, densest
from o3d_paint.core.metrics import LeftOut
from o3d_paint.core.statistics import ClassStatistics, as_csv, class_statistics
from o3d_paint.io.store import write_bytes
from o3d_paint.project.evaluation import photos_left_out
from o3d_paint.project.jobs import Report
from o3d_paint.project.statistics import area_of_points, sure_points
from o3d_paint.ui.clipboard import copy_text, has_clipboard
from o3d_paint.ui.editor import Editor
from o3d_paint.ui.files import FileDialogs
from o3d_paint.ui.frames import CardFrame
from o3d_paint.ui.notices import BackgroundWork, Notices
from o3d_paint.ui.panels.evaluation import Evaluation, EvaluationState, PhotoScore
from o3d_paint.ui.panels.statistics import ClassFigures, Statistics, StatisticsState
from o3d_paint.ui.panels.status_bar import percent
from o3d_paint.ui.photo_canvas import PhotoCanvas

__all__ = ["Reports"]

_FEWEST_PHOTOS = 2
_MOST_PAIRS = 3
_Counted = tuple[tuple[ClassStatistics, ...], tuple[Conflict, ...]]


class Reports:
    """Tables of one project.

    Args:
        editor: Whose project.
        frame: Where the tables open.
        canvas: Shows the spot of a row.
        notices: Tells the user.
        background: Counts.
        files: Asks where to write where there is no clipboard.
        scene_path: The scene's file, beside which files are suggested.
    """

    def __init__(
        self,
        editor: Editor,
        frame: CardFrame,
        canvas: PhotoCanvas,
        *,
        notices: Notices,
        background: BackgroundWork,
        files: FileDialogs,
        scene_path: Path | None,
    ) -> None:
        self._editor = editor
        self._project = editor.project
        self._popups = frame.popups
        self._canvas = canvas
        self._notices = notices
        self._background = background
        self._files = files
        self._scene_path = scene_path
        self._point_area: FloatArray | None = None
        self._lines: tuple[ClassStatistics, ...] = ()

    @property
    def _unit(self) -> str:
        return "m" if self._project.scene.metric else "unit"

    def statistics(self) -> None:
        """Show the table of classes: counts at once, areas when they are estimated."""
        project = self._project
        card = Statistics(self._copy, self._popups.close)
        counts = {c.class_id: c.shown for c in project.coverage().classes}
        total = max(1, len(project.scene.cloud))
        known = tuple(
            ClassFigures(c.name, c.color, counts.get(c.class_id, 0),
                         counts.get(c.class_id, 0) / total)
            for c in project.taxonomy
        )  # fmt: skip
        counting = StatisticsState(known, "Counting…", copies=has_clipboard(), is_counting=True)
        card.set_model(counting)
        self._popups.open(card)
        labels, said, taxonomy = project.labels, project.snapshot(), project.taxonomy
        is_sure = sure_points(project)

        def work(_report: Report) -> _Counted:
            evidence = said.evidence()
            if self._point_area is None:
                self._point_area = area_of_points(project.scene.cloud.xyz)
            lines = class_statistics(
                taxonomy, labels, point_area=self._point_area, evidence=evidence, is_sure=is_sure
            )
            return lines, conflicts_by_pair(evidence.tally())

        def done(counted: _Counted) -> None:
            self._lines = counted[0]
            card.set_model(self._statistics_state(*counted))
            if self._popups.popup is card:
                self._popups.refit()

        self._background.run("statistics", work, done)

    def _statistics_state(
        self, lines: tuple[ClassStatistics, ...], pairs: tuple[Conflict, ...]
    ) -> StatisticsState:
        taxonomy = self._project.taxonomy
        rows = tuple(
            ClassFigures(
                name=line.name,
                color=taxonomy.get(line.class_id).color,
                points=line.points,
                share=line.share,
                area=f"{line.area:.3g} {self._unit}²" if line.points else "",
                area_value=line.area,
                photos=line.photos or 0,
                conflicts=line.conflicts or 0,
            )
            for line in lines
            if line.class_id in taxonomy
        )
        free = next((line for line in lines if line.class_id == 0), None)
        note = "" if free is None else f"{percent(free.share)} of the points are unlabelled"
        accepted = sum(line.accepted or 0 for line in lines)
        if accepted:
            note += f" · {accepted:,} are accepted predictions"
        named = [
            f"{taxonomy.get(a).name} – {taxonomy.get(b).name} {pair.points:,}"
            for pair in pairs
            for a, b in [pair.class_ids]
            if a in taxonomy and b in taxonomy
        ]
        words = f"Photos disagree most: {' · '.join(named[:_MOST_PAIRS])}" if named else ""
        return StatisticsState(rows, note, words, copies=has_clipboard())

    def _copy(self) -> None:
        if not self._lines or self._background.is_running("statistics"):
            return
        text = as_csv(self._lines, unit=self._unit)
        if copy_text(text):
            self._notices.toast("Copied the table as CSV", "good")
            return
        base = self._scene_path or Path.cwd() / self._project.scene.name

        def write(path: Path) -> None:
            write_bytes(path, text.encode())
            self._notices.toast(f"Wrote {path}", "good")

        suggested = base.with_name(f"{base.stem}_classes.csv")
        title = "The table as a file, since no clipboard program is installed (xclip, wl-copy)"
        self._popups.close()
        self._files.choose_target(suggested, ".csv", write, title=title)

    def evaluate(self) -> None:
        """Predict each painted photo from the others, and show how well that goes."""
        project = self._project
        if len(project.painted_frames) < _FEWEST_PHOTOS or project.missing_indexes():
            self._notices.toast("Paint two photos or more to compare them")
            return
        said, settings, scene = project.snapshot(), project.fusion_settings, project.scene

        self._background.run(
            "evaluation",
            lambda report: photos_left_out(scene, said.evidence(), settings, progress=report),
            self._show_evaluation,
            title="Predicting photos from each other",
        )

    def _show_evaluation(self, photos: tuple[LeftOut, ...]) -> None:
        frames = self._project.scene.frames
        rows = tuple(photo_score(photo, frames[photo.frame_idx].name) for photo in photos)
        card = Evaluation(self._jump_to(photos), self._popups.close)
        note = f"Derived by {self._project.fusion_settings.method}"
        if len(self._project.accepted):
            note += " · accepted predictions took no part"
        card.set_model(EvaluationState(rows, note))
        self._popups.open(card)

    def _jump_to(self, photos: tuple[LeftOut, ...]) -> Callable[[int], None]:
        wrong = {photo.frame_idx: photo.wrong_points for photo in photos}

        def jump(frame_idx: int) -> None:
            self._popups.close()
            self._editor.open_photo(frame_idx)
            index = self._project.index(frame_idx)
            if index is None or not len(wrong[frame_idx]):
                return
            pixel = index.pixel[np.isin(index.point, wrong[frame_idx])]
            if len(pixel):
                self._canvas.center_on(*densest(pixel, index.shape), 2.5)

        return jump


def photo_score(photo: LeftOut, name: str) -> PhotoScore:
    """Return the row of a photo."""
    scores = photo.scores
    return PhotoScore(
        frame_idx=photo.frame_idx,
        name=name,
        points=len(photo.points),
        accuracy=scores.accuracy,
        mean_iou=scores.mean_iou,
        wrong=len(photo.wrong_points),
    )
