"""What to do next: the photo that helps most, the one that sees a spot best, who disagrees."""

from __future__ import annotations

from collections.abc import Callable

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.consistency import suggested_tolerance
from o3d_paint.core.disagreement import Dissent, dissents
from o3d_paint.core.views.best_view import SpotView, ViewFinder
from o3d_paint.core.views.pick import best_frame
from o3d_paint.core.views.suggest import Sightings, Suggestion, build_sightings, suggest
from o3d_paint.project.jobs import Report, Worker
from o3d_paint.project.next_photo import unsettled_points
from o3d_paint.ui.editor import Editor

__all__ = ["PhotoSuggester"]

_WORTH = 0.002
"""A photo that is painted already is suggested again from this share of the cloud on."""


class PhotoSuggester:
    """Knows what all photos see, once that was found off the UI thread.

    Args:
        editor: Gets the suggestion.
        worker: Looks through the photos.
        changed: Told when another photo is suggested.
        failed: Told of errors.
    """

    def __init__(
        self,
        editor: Editor,
        worker: Worker,
        *,
        changed: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._editor = editor
        self._worker = worker
        self._changed = changed
        self._failed = failed
        self._sightings: Sightings | None = None
        self._finder: ViewFinder | None = None
        self._told: int | None = None
        if editor.project.scene.frames:
            self._look()

    def close(self) -> None:
        """Stop looking."""
        self._worker.cancel("sightings")

    def refresh(self) -> None:
        """Suggest anew: labels have changed."""
        if self._sightings is None:
            return
        project, sample = self._editor.project, self._sightings.sample
        needed = unsettled_points(project, sample)
        found = suggest(self._sightings, needed, exclude=project.painted_frames)
        if not found:
            exclude = () if self._editor.state.open_idx is None else (
                self._editor.state.open_idx,
            )  # fmt: skip
            again = suggest(self._sightings, needed, exclude=exclude)
            found = tuple(s for s in again if s.gain >= _WORTH)
        self._take(next(iter(found), None))

    def best_view(self, spot: FloatArray) -> SpotView | None:
        """Return the photo that sees a world position (3,) best."""
        if self._finder is not None:
            return self._finder.best(spot)
        found = best_frame(spot, self._editor.project.scene.frames)
        return None if found is None else SpotView(found[0], (found[1], found[2]), 1.0)

    def next_dissent(self) -> Dissent | None:
        """Return the photo that disagrees most, or the next after the one that came last."""
        project = self._editor.project
        votes = {}
        for frame_idx in project.painted_frames:
            index = project.index(frame_idx)
            if index is not None:
                votes[frame_idx] = (index, project.mask(frame_idx))
        found = dissents(votes, project.painted, project.ballots.conflicts())
        if not found:
            return None
        order = [d.frame_idx for d in found]
        position = order.index(self._told) + 1 if self._told in order else 0
        chosen = found[position % len(found)]
        self._told = chosen.frame_idx
        return chosen

    def _look(self) -> None:
        scene = self._editor.project.scene

        def work(report: Report) -> tuple[Sightings, ViewFinder]:
            sightings = build_sightings(
                scene.frames,
                scene.cloud.xyz,
                rule=scene.rule,
                tolerance=suggested_tolerance(scene),
                spacing=scene.spacing,
                progress=report,
            )
            return sightings, ViewFinder(scene.frames, scene.cloud.xyz, sightings=sightings)

        def done(found: tuple[Sightings, ViewFinder]) -> None:
            self._sightings, self._finder = found
            self.refresh()

        self._worker.submit("sightings", work, done=done, failed=self._failed)

    def _take(self, suggestion: Suggestion | None) -> None:
        editor = self._editor
        if suggestion != editor.suggestion or not editor.is_guided:
            editor.suggestion, editor.is_guided = suggestion, True
            self._changed()
