"""Where the solver starts: what it keeps, mends in place, and what the units say about it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, diags_array, eye_array, kron
from scipy.sparse.linalg import spsolve

from o3d_paint.fusion.solver import build_levels, inner_graph, solve

SIDE = 60


def levels_of(matrix):
    matrix = csr_array(matrix).astype(np.float32)
    matrix.sort_indices()
    return build_levels(
        matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data
    )


def grid(side=SIDE, weight=1.0):
    """A square lattice of nodes, neighbours joined by edges of this weight."""
    chain = diags_array(np.full(side - 1, float(weight)), offsets=1, shape=(side, side))
    line, one = chain + chain.T, eye_array(side)
    return csr_array(kron(line, one) + kron(one, line))


def exactly(matrix, pull, b):
    system = diags_array(np.asarray(matrix.sum(axis=1)).ravel() + pull) - matrix
    return spsolve(system.tocsc().astype(np.float64), b.astype(np.float64)).reshape(b.shape)


def energy(matrix, pull, b, x):
    """Return how much of the residual of nothing is left at x, by column."""
    diagonal = (np.asarray(matrix.sum(axis=1)).ravel() + pull)[:, None]
    residual = b + matrix @ x - diagonal * x
    return np.sqrt((residual**2 / diagonal).sum(axis=0) / (b**2 / diagonal).sum(axis=0))


def painted(columns, seed=0):
    """Sources of many classes all over the lattice, and a pull that keeps them local."""
    rng = np.random.default_rng(seed)
    pull = np.full(SIDE**2, 0.4)
    share = rng.random((SIDE**2, columns)) * (rng.random((SIDE**2, columns)) < 0.2)
    return pull, pull[:, None] * share


def single(*arrays):
    return (np.asarray(a, dtype=np.float32) for a in arrays)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), count=st.integers(1, 60), share=st.floats(0, 1))
def test_the_inner_graph_is_that_of_the_chosen_rows_and_columns(seed, count, share):
    rng = np.random.default_rng(seed)
    half = np.triu(rng.random((count, count)) * (rng.random((count, count)) < 0.2), 1)
    chosen = rng.random(count) < share
    indptr, indices, weights = inner_graph(levels_of(half + half.T), chosen)
    size = np.count_nonzero(chosen)
    assert len(indptr) == size + 1
    found = csr_array((weights, indices, indptr), shape=(size, size)).toarray()
    np.testing.assert_array_equal(found, (half + half.T)[chosen][:, chosen].astype(np.float32))


@pytest.mark.parametrize("columns", [1, 11])
@pytest.mark.parametrize(
    ("weight", "unit"), [(1, 1), (2**12, 1), (2**-12, 1), (1, 2**20), (1, 2**-40)]
)
def test_a_change_in_one_place_is_mended_there_before_any_step(columns, weight, unit):
    matrix = grid(weight=weight)
    pull, b = painted(columns)
    pull, b = pull * weight, b * weight * unit
    before = exactly(matrix, pull, b)
    changed = b.copy()
    spot = 5 * SIDE + 5
    changed[spot, columns - 1] += 40 * pull[spot] * unit
    after = exactly(matrix, pull, changed)
    start, pull, changed = single(before, pull, changed)
    found = solve(levels_of(matrix), pull, changed, start=start, tolerance=1e-3, iterations=0)
    assert np.abs(found - after).max() < 0.05 * np.abs(before - after).max()
    # What is far from it, and other classes, keep their potentials.
    x, y = np.divmod(np.arange(SIDE**2), SIDE)
    far = (x > 25) | (y > 25)
    np.testing.assert_array_equal(found[far], start[far])
    others = slice(columns - 1)
    np.testing.assert_allclose(found[:, others], start[:, others], atol=2e-3 * unit)
    assert start[spot, columns - 1] < found[spot, columns - 1]  # the start is not written to


def test_a_node_alone_is_mended_alone():
    levels = levels_of(csr_array((50, 50)))
    pull, b = np.ones(50, dtype=np.float32), np.ones((50, 2), dtype=np.float32)
    start = b.copy()
    start[7] = 0
    found = solve(levels, pull, b, start=start, tolerance=1e-4, iterations=0)
    np.testing.assert_allclose(found, b, rtol=1e-6)


def test_without_neighbours_no_step_is_needed():
    pull = np.array([0.5, 2.0, 8.0], dtype=np.float32)
    b = np.array([[1.0, 3.0], [2.0, 5.0], [4.0, 7.0]], dtype=np.float32)
    found = solve(levels_of(csr_array((3, 3))), pull, b, tolerance=1e-6, iterations=0)
    np.testing.assert_allclose(found, [[2, 6], [1, 2.5], [0.5, 0.875]], rtol=1e-6)


def test_a_start_that_is_good_enough_is_kept_bit_for_bit():
    matrix, tolerance = grid(), 1e-4
    pull, b = painted(11)
    start = exactly(matrix, pull, b)
    rng = np.random.default_rng(1)
    off = np.where((np.arange(SIDE**2) < 9)[:, None], rng.normal(0, 1, b.shape), 0)
    unit = energy(matrix, pull, b, start + off)
    start += off * (0.8 * tolerance / unit)
    assert energy(matrix, pull, b, start) == pytest.approx(0.8 * tolerance, rel=0.01)
    start, pull, b = single(start, pull, b)
    found = solve(levels_of(matrix), pull, b, start=start, tolerance=tolerance, iterations=300)
    np.testing.assert_array_equal(found, start)


@pytest.mark.parametrize(
    ("of", "power"), [("system", -12), ("system", 12), ("sources", -40), ("sources", 40)]
)
def test_neither_the_unit_of_the_weights_nor_that_of_the_sources_matters(of, power):
    pull, b = painted(3)
    rng = np.random.default_rng(2)
    start = (exactly(grid(), pull, b) + rng.normal(0, 0.1, b.shape) * (b > 0)).astype(np.float32)
    pull, b = single(pull, b)
    scale = np.float32(2.0**power)
    weight, unit = (2.0**power, 1) if of == "system" else (1.0, scale)
    for begun in (None, start):
        plain = solve(levels_of(grid()), pull, b, start=begun, tolerance=1e-2, iterations=50)
        scaled = solve(
            levels_of(grid(weight=weight)),
            pull * np.float32(weight),
            b * scale,
            start=None if begun is None else begun * unit,
            tolerance=1e-2,
            iterations=50,
        )
        np.testing.assert_array_equal(scaled, plain * unit)
    # That it stopped early shows that the goal took part.
    final = solve(levels_of(grid()), pull, b, tolerance=1e-7, iterations=500)
    assert not np.array_equal(plain, final)


@pytest.mark.parametrize("tolerance", [1e-1, 1e-3, 1e-5])
def test_what_is_left_is_as_little_as_asked_for(tolerance):
    matrix = grid()
    pull, b = painted(9)
    pull[:] = 1e-3
    b *= 1e-3
    found = solve(levels_of(matrix), *single(pull, b), tolerance=tolerance, iterations=500)
    exact = exactly(matrix, pull, b)
    assert np.abs(found - exact).max() < 3 * tolerance * np.abs(exact).max() + 1e-5


def test_nodes_held_fast_do_not_make_the_rest_look_solved():
    matrix = grid()
    pull, b = painted(2)
    pull[:] = 1e-3
    pull[SIDE * 30 + 30] = 1e4
    b[:] = 0
    b[SIDE * 30 + 30, 0] = 1e4
    b[0, 1] = 1e-3
    found = solve(levels_of(matrix), *single(pull, b), tolerance=1e-4, iterations=500)
    np.testing.assert_allclose(found, exactly(matrix, pull, b), atol=2e-3)
