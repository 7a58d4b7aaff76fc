from __future__ import annotations

from itertools import islice
from time import process_time

import pytest

from o3d_paint.core.taxonomy import (
    MAX_CLASS_ID,
    LabelClass,
    Taxonomy,
    article_taxonomy,
    distinct_colors,
    next_color,
)
from o3d_paint.errors import TaxonomyError


def test_the_published_five_come_first() -> None:
    names = [c.name for c in article_taxonomy()]
    assert names == ["base plate", "walls", "roof", "figures", "accessories"]
    assert [c.class_id for c in article_taxonomy()] == [1, 2, 3, 4, 5]


def test_two_hundred_classes_have_distinct_colours() -> None:
    taxonomy = Taxonomy()
    for number in range(200):
        taxonomy = taxonomy.add(f"class {number}")
    assert len({c.color for c in taxonomy}) == 200


def test_every_possible_class_gets_a_colour_of_its_own_in_no_time() -> None:
    started = process_time()
    taxonomy = Taxonomy().completed(range(1, MAX_CLASS_ID + 1))
    assert len({c.color for c in taxonomy}) == MAX_CLASS_ID
    assert taxonomy.get(50_000).name == "class 50000"
    assert 50_000 in taxonomy
    assert taxonomy.find("CLASS 50000") is taxonomy.get(50_000)
    assert process_time() - started < 10


def test_a_colour_more_is_found_whatever_is_taken() -> None:
    # Hues of one saturation end after some 1,600 colours.
    taken = list(islice(distinct_colors([]), 3000))
    started = process_time()
    assert next_color(taken) not in taken
    assert process_time() - started < 1
    assert (0, 0, 0) not in taken
    assert (128, 128, 128) not in taken


def test_colours_go_on_where_a_list_ends() -> None:
    first = list(islice(distinct_colors([]), 40))
    one_by_one: list[tuple[int, int, int]] = []
    for _ in range(40):
        one_by_one.append(next_color(one_by_one))
    assert one_by_one == first


def test_changes_leave_the_old_taxonomy_alone() -> None:
    old = article_taxonomy()
    new = old.rename(2, "facade").recolor(2, (1, 2, 3)).move(2, 0).remove(5)
    assert old == article_taxonomy()
    assert [(c.class_id, c.name) for c in new][:2] == [(2, "facade"), (1, "base plate")]
    assert new.get(2).color == (1, 2, 3)
    assert 5 not in new
    assert len(new) == 4


def test_the_colour_table_is_grey_where_no_class_is() -> None:
    table = Taxonomy((LabelClass(3, "roof", (9, 8, 7)),)).color_table()
    assert table.tolist() == [[128, 128, 128]] * 3 + [[9, 8, 7]]


def test_names_are_found_whatever_their_case() -> None:
    found = article_taxonomy().find("  ROOF ")
    assert found is not None
    assert found.class_id == 3
    assert article_taxonomy().find("sky") is None


@pytest.mark.parametrize(
    "build",
    [
        lambda: LabelClass(0, "zero", (0, 0, 0)),
        lambda: LabelClass(1, " ", (0, 0, 0)),
        lambda: LabelClass(1, "a", (0, 0, 256)),
        lambda: article_taxonomy().rename(1, "roof"),
        lambda: article_taxonomy().get(77),
        lambda: Taxonomy((LabelClass(1, "a", (0, 0, 0)), LabelClass(1, "b", (0, 0, 0)))),
    ],
)
def test_contradictions_are_refused(build: object) -> None:
    with pytest.raises(TaxonomyError):
        build()  # type: ignore[operator]
