from __future__ import annotations

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from o3d_paint.core.mask import MaskEdit, Rect, apply, edit_between
from o3d_paint.core.taxonomy import LabelClass, Taxonomy, article_taxonomy
from o3d_paint.project.codec import decode_step, encode_step, step_name
from o3d_paint.project.history import Entry, History
from o3d_paint.project.records import MAGIC, Record, RecordKind, parse_records
from o3d_paint.project.steps import AcceptEdit, FrameEdit, LayerEdit, Step, TaxonomyEdit, merged
from tests.project.old_records import frame_record

IDS = st.sampled_from([0, 0, 0, 1, 2, 300, 65535])
MASKS = hnp.arrays(np.uint16, (9, 7), elements=IDS)


def edit_of(before: np.ndarray, after: np.ndarray) -> MaskEdit:
    edit = edit_between(before, after)
    return edit or MaskEdit(Rect(0, 0, 0, 0), np.zeros((0, 0), bool), before[:0, 0], before[:0, 0])


@given(before=MASKS, after=MASKS, name=st.text(max_size=20), layer=st.lists(IDS, max_size=30))
def test_steps_survive_packing(before, after, name, layer) -> None:
    points = np.arange(len(layer), dtype=np.int32) * 3
    labels = np.array(layer, dtype=np.uint16)
    percents = (labels % 101).astype(np.uint8)
    tree = Taxonomy((LabelClass(65535, "ä\n", (0, 255, 3)),))
    step = Step(
        name,
        (
            FrameEdit(12, edit_of(before, after)),
            LayerEdit(points, labels[::-1].copy(), labels),
            TaxonomyEdit(article_taxonomy(), tree, gone=3, heir=4),
            AcceptEdit(points, labels, labels[::-1].copy(), percents, percents[::-1].copy()),
        ),
    )
    data = encode_step(step)
    found = decode_step(data)
    assert step_name(data) == found.name == name
    frame, laid, classes, accepted = found.edits
    assert isinstance(frame, FrameEdit)
    assert isinstance(laid, LayerEdit)
    mask = before.copy()
    apply(mask, frame.edit)
    np.testing.assert_array_equal(mask, after)
    apply(mask, frame.edit.inverted())
    np.testing.assert_array_equal(mask, before)
    np.testing.assert_array_equal(laid.points, points)
    np.testing.assert_array_equal(laid.before, labels[::-1])
    np.testing.assert_array_equal(laid.after, labels)
    assert classes == step.edits[2]
    assert isinstance(accepted, AcceptEdit)
    for edit, back in ((accepted, step.edits[3]), (accepted.inverted(), step.edits[3].inverted())):
        for field in fields(AcceptEdit):
            kept, given_back = getattr(edit, field.name), getattr(back, field.name)
            np.testing.assert_array_equal(kept, given_back)
            assert kept.dtype == given_back.dtype
    assert encode_step(found) == data
    one_by_one = Entry(name, data).edits(inverted=True)
    assert len(one_by_one) == len(step.edits)
    assert encode_step(Step(name, tuple(one_by_one))) == encode_step(step.inverted())


@given(data=st.binary(max_size=200), cut=st.integers(0, 400))
def test_bytes_that_are_no_step_are_refused(data, cut) -> None:
    whole = encode_step(Step("x", (TaxonomyEdit(Taxonomy(), article_taxonomy()),)))
    for wrong in (data, whole[: min(cut, len(whole) - 1)]):
        with pytest.raises(ValueError, match=r"."):
            decode_step(wrong)


@given(masks=st.lists(MASKS, min_size=2, max_size=5))
def test_merged_edits_say_the_same_as_all_of_them(masks) -> None:
    edits = [e for a, b in pairwise(masks) if (e := edit_between(a, b))]
    edit = merged(edits, masks[-1])
    if edit is None:
        np.testing.assert_array_equal(masks[0], masks[-1])
        return
    assert (edit.before != edit.after).all()
    mask = masks[-1].copy()
    apply(mask, edit.inverted())
    np.testing.assert_array_equal(mask, masks[0])
    apply(mask, edit)
    np.testing.assert_array_equal(mask, masks[-1])


def entry(name: str, size: int = 10) -> Entry:
    return Entry(name, bytes(size))


def test_bounds_forget_the_oldest_first() -> None:
    history = History(max_steps=8, min_steps=3, soft_bytes=100, hard_bytes=300)
    for k in range(12):
        history.push(entry(str(k)))
    assert [e.name for e in history.done] == [str(k) for k in range(4, 12)]
    history.push(entry("big", 85))
    assert [e.name for e in history.done] == ["10", "11", "big"]
    history.push(entry("huge", 280))
    assert [e.name for e in history.done] == ["huge"]
    history.push(entry("beyond", 400))
    assert [e.name for e in history.done] == ["beyond"]
    assert history.nbytes == 400


def test_at_least_two_hundred_large_steps_are_kept() -> None:
    history = History()
    for k in range(300):
        history.push(entry(str(k), 1 << 20))
    assert len(history) == 200
    assert history.undo_name == "299"


@given(st.lists(st.sampled_from("duur"), max_size=40))
def test_bytes_are_counted_right(moves) -> None:
    history = History(max_steps=6)
    for k, move in enumerate(moves):
        if move == "d":
            history.push(entry(str(k), k + 1))
        elif move == "u":
            history.undo()
        else:
            history.redo()
        assert history.nbytes == sum(len(e.data) for e in (*history.done, *history.undone))


RECORDS = st.lists(
    st.builds(Record, st.sampled_from(list(RecordKind)), st.binary(max_size=40)), max_size=6
)


def written(records: list[Record]) -> bytes:
    parts = [frame_record(r.kind, r.data, i) for i, r in enumerate(records)]
    return MAGIC + b"".join(parts)


@given(records=RECORDS, cut=st.integers(0, 300))
def test_a_cut_file_gives_a_prefix_and_is_not_called_damaged(records, cut) -> None:
    raw = written(records)
    found = parse_records(raw[:cut])
    assert not found.damaged
    assert list(found.records) == records[: len(found.records)]
    assert found.torn == (raw[:cut] != written(list(found.records)))
    assert list(parse_records(raw).records) == records


@given(records=RECORDS, position=st.integers(0, 10_000), change=st.integers(1, 255))
def test_a_damaged_byte_loses_one_record_at_most_and_is_noticed(records, position, change) -> None:
    raw = bytearray(written(records))
    raw[position % len(raw)] ^= change
    found = parse_records(bytes(raw))
    assert len(found.records) >= len(records) - 1
    rest = iter(records)
    assert all(record in rest for record in found.records)
    assert found.damaged or found.torn
