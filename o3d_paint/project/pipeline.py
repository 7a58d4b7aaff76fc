"""From masks to a label for every point, without a window: what commands and library call.

The stages are those of the window (`build_index`, `Ballots`, `fuse`), so that the same paint gives
the same labels in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np

from o3d_paint.core.accepted import AcceptedLabels
from o3d_paint.core.arrays import IdArray
from o3d_paint.core.ballots import Ballots
from o3d_paint.core.disagreement import Conflict, conflicts_by_pair
from o3d_paint.core.evidence import Evidence
from o3d_paint.core.mask import Rect
from o3d_paint.core.packed_masks import PackedMask, PackedMasks
from o3d_paint.core.progress import Progress
from o3d_paint.core.reach import Reach, reach_of_photo, reach_sentences
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.core.visibility import DepthTolerance
from o3d_paint.errors import SceneError
from o3d_paint.fusion.accepted import with_accepted
from o3d_paint.fusion.camera_limit import counted, counted_paint
from o3d_paint.fusion.fuse import derive
from o3d_paint.fusion.overruled import Overruled, overruled, overruled_notes
from o3d_paint.fusion.result import Fusion
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.io.exporters.labelled import LabelledScene
from o3d_paint.project.background import filled, without
from o3d_paint.project.indexes import build_index, depth_tolerance

__all__ = ["FuseResult", "gather_evidence", "run_fuse"]


@dataclass(frozen=True, slots=True, eq=False)
class FuseResult:
    """What came out.

    Attributes:
        labelled: The scene with a label for every point that is sure enough.
        painted: (N,) labels of the painted points alone, before fusing.
        settings: What was done, every value filled in.
        fusion: The same with the labels that are not sure enough, as a project keeps it.
        known: (N,) painted labels as the photos vote for them; None where nobody counted the votes,
            as with the article.
        tolerance: How far a point may lie from the depth map; None for the article.
        seconds: Time of each stage.
        conflicts: Classes on whose points photos disagree.
        overruled: Classes whose paint was overruled, those without any labelled point first.
        reach: Of each class's paint on each photo; empty for the article.
        notes: What was left out or overruled, one sentence each.
    """

    labelled: LabelledScene
    painted: IdArray
    settings: FusionSettings
    tolerance: DepthTolerance | None
    fusion: Fusion
    known: IdArray | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    overruled: tuple[Overruled, ...] = ()
    reach: tuple[Reach, ...] = ()
    notes: tuple[str, ...] = ()


def run_fuse(
    scene: Scene,
    masks: Mapping[int, IdArray],
    taxonomy: Taxonomy,
    settings: FusionSettings | None = None,
    *,
    layer: IdArray | None = None,
    accepted: AcceptedLabels | None = None,
    background: Mapping[int, IdArray] | None = None,
    progress: Progress | None = None,
) -> FuseResult:
    """Label every point that painted photos reach.

    Args:
        scene: Cloud and photos.
        masks: (H, W) ids by position of the photo.
        taxonomy: The classes.
        settings: Method and values.
        layer: (N,) labels laid on points directly, 0 where none; the article does not know it.
        accepted: Predictions that were accepted; the article does not know them either.
        background: By position of the photo: (H, W) 1 where what is empty in its mask is of none
            of the classes, so that points there stay unlabelled.
        progress: Told how far it is; may raise to cancel.

    Raises:
        SceneError: Nothing is painted, or the article meets a photo without depth.
    """
    chosen = (settings or FusionSettings()).resolved(scene)
    masks, rest = filled(masks, background or {}, taxonomy)
    packed = _packed(masks)
    if not packed and accepted is None and (layer is None or not layer.any()):
        msg = f"nothing is painted on {scene.name}: give masks with class ids above 0"
        raise SceneError(msg)
    told = progress or _silent
    started, is_article = perf_counter(), chosen.method == "article"
    tolerance = None if is_article else depth_tolerance(scene, chosen)
    said = Evidence(len(scene.cloud), (), layer, scene.labels, packed, accepted)
    known, reach = None, list[Reach]()
    if tolerance is not None:
        gathered = gather_evidence(
            scene,
            PackedMasks(packed),
            tolerance=tolerance,
            layer=layer,
            reach=reach,
            progress=lambda share, stage: told(0.4 * share, stage),
        )
        known = gathered.labels()
        said = replace(gathered, accepted=accepted)
    evidence = said if is_article else counted(scene.cloud, said, chosen, scene.frames)
    indexed = perf_counter()
    fusion = derive(
        scene.cloud,
        evidence,
        chosen,
        frames=scene.frames,
        progress=lambda share, stage: told(0.4 + 0.6 * share, stage),
    )
    laid = with_accepted(fusion, accepted, said.is_painted(), chosen.min_confidence)
    shown = laid.shown(chosen.min_confidence)
    painted = counted_paint(scene.cloud, evidence.labels(), fusion, scene.frames)
    found = overruled(painted, shown.labels, class_ids=evidence.class_ids())
    lost = tuple(c for c in found if c.class_id != rest)
    reach = [r for r in reach if r.class_id != rest]
    return FuseResult(
        _labelled(scene, taxonomy, shown, rest),
        without(painted, painted, rest),
        fusion.settings,
        tolerance,
        _without_state(fusion),
        known,
        seconds={"index": indexed - started, **fusion.seconds},
        conflicts=_conflicts(evidence, rest),
        overruled=lost,
        reach=tuple(reach),
        notes=(*_notes(lost, reach, scene, taxonomy), *fusion.notes),
    )


def _notes(
    lost: tuple[Overruled, ...], reach: list[Reach], scene: Scene, taxonomy: Taxonomy
) -> list[str]:
    """Return a sentence about paint that was overruled or reached no point, if there is any."""
    photos = [f.name for f in scene.frames]
    missed = reach_sentences(reach, photos, taxonomy.name_of)
    return [*overruled_notes(lost, taxonomy.name_of), *missed]


def _without_state(fusion: Fusion) -> Fusion:
    """Return a fusion without what only a next one would use, which takes much memory."""
    return replace(fusion, graph=None, edges={}, refined=None)


def _labelled(scene: Scene, taxonomy: Taxonomy, shown: Fusion, rest: int) -> LabelledScene:
    """Return what came out, the background unlabelled."""
    labels, sure = shown.labels, shown.confidence
    return LabelledScene(
        scene,
        taxonomy,
        without(labels, labels, rest),
        without(shown.source, labels, rest),
        without(sure, labels, rest) if shown.is_measured else None,
        shown.votes if shown.is_measured else None,
    )


def _conflicts(evidence: Evidence, rest: int) -> tuple[Conflict, ...]:
    """Return classes on whose points photos disagree, the background not among them."""
    found = conflicts_by_pair(evidence.tally())
    return tuple(c for c in found if not rest or rest not in c.class_ids)


def gather_evidence(
    scene: Scene,
    masks: Mapping[int, IdArray],
    *,
    tolerance: DepthTolerance,
    layer: IdArray | None = None,
    reach: list[Reach] | None = None,
    progress: Progress | None = None,
) -> Evidence:
    """Return what painted photos say about the points.

    Args:
        scene: Cloud and photos.
        masks: (H, W) ids of the photos' mask shapes by position.
        tolerance: How far a point may lie from a depth map.
        layer: (N,) labels laid on points directly, 0 where none.
        reach: Gets how much of the paint of each photo reaches points.
        progress: Told how far it is.
    """
    ballots = Ballots(len(scene.cloud), len(scene.frames), imported=scene.labels)
    packed = _packed(masks)
    for done, (frame_idx, mask) in enumerate(packed.items()):
        if progress is not None:
            progress(done / len(packed), f"photo {scene.frames[frame_idx].name}")
        index = build_index(scene, frame_idx, tolerance)
        plain = mask.unpacked()
        ballots.sync(frame_idx, index, plain, rect=Rect.whole(index.shape))
        if reach is not None:
            reach += reach_of_photo(frame_idx, plain, index)
        ballots.park(frame_idx)
    if layer is not None:
        points = np.flatnonzero(layer).astype(np.int32)
        ballots.set_layer(points, layer[points])
    return ballots.snapshot(packed).evidence()


def _packed(masks: Mapping[int, IdArray]) -> dict[int, PackedMask]:
    """Return the masks of painted photos by ascending position, packed."""
    kept = masks if isinstance(masks, PackedMasks) else None
    found = {i: PackedMask.of(masks[i]) if kept is None else kept.packed(i) for i in sorted(masks)}
    return {i: mask for i, mask in found.items() if mask.num_painted}


def _silent(_share: float, _stage: str) -> None:
    """Tell nobody."""
