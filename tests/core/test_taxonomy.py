from __future__ import annotations

import pytest

from o3d_paint.core.taxonomy import LabelClass, Taxonomy, article_taxonomy
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
