"""Counts by hand."""

from __future__ import annotations

import csv

import numpy as np

from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.statistics import as_csv, class_statistics
from o3d_paint.core.taxonomy import Taxonomy


def statistics():
    first = FrameVotes(0, np.array([0, 1, 2], np.int32), np.array([1, 1, 2], np.uint16))
    second = FrameVotes(4, np.array([1, 3], np.int32), np.array([2, 2], np.uint16))
    taxonomy = Taxonomy().add("roof").add("wall, brick").add("empty")
    labels = np.array([1, 1, 2, 2, 2, 0], dtype=np.uint16)
    return class_statistics(
        taxonomy,
        labels,
        evidence=Evidence(6, (first, second)),
        point_area=np.full(6, 0.5),
        is_sure=np.array([True, False, True, True, True, False]),
    )


def test_counts_by_hand() -> None:
    roof, wall, empty, rest = statistics()
    assert (roof.points, roof.painted, roof.photos, roof.conflicts) == (2, 2, 1, 1)
    assert (wall.points, wall.painted, wall.photos, wall.conflicts) == (3, 2, 2, 1)
    assert (wall.share, wall.area) == (0.5, 1.5)
    assert [(c.sure, c.unsure) for c in (roof, wall, empty, rest)] == [
        (1, 1),
        (3, 0),
        (0, 0),
        (0, 0),
    ]
    assert (empty.points, empty.area, empty.photos) == (0, 0.0, 0)
    assert (rest.class_id, rest.points, rest.painted) == (0, 1, 0)


def test_csv_reads_back_with_names_that_hold_commas() -> None:
    lines = list(csv.DictReader(as_csv(statistics(), unit="m").splitlines()))
    assert [line["class"] for line in lines] == ["roof", "wall, brick", "empty", "unlabelled"]
    assert float(lines[1]["area (m²)"]) == 1.5


def test_labels_alone_know_neither_photos_nor_certainty() -> None:
    labels = np.array([1, 1, 0], dtype=np.uint16)
    row, rest = class_statistics(Taxonomy().add("roof"), labels, point_area=np.ones(3))
    assert (row.points, row.area, rest.points) == (2, 2.0, 1)
    assert row.sure is row.unsure is row.painted is row.photos is row.conflicts is None
    assert as_csv([row], unit="m").splitlines()[1] == "1,roof,2,0.666667,2,,,,,,"


def test_names_are_no_formulas() -> None:
    labels = np.array([1], dtype=np.uint16)
    lines = class_statistics(Taxonomy().add("=1+1"), labels, point_area=np.ones(1))
    (row, _) = csv.DictReader(as_csv(lines, unit="m").splitlines())
    assert row["class"] == "'=1+1"
