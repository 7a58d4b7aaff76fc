from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, diags_array, random_array
from scipy.sparse.linalg import spsolve

from o3d_paint.fusion.solver import build_levels, solve


def random_graph(seed, count, density=0.05):
    rng = np.random.default_rng(seed)
    upper = random_array((count, count), density=density, rng=rng)
    chain = diags_array(rng.random(max(count - 1, 1)), offsets=1, shape=(count, count))
    matrix = csr_array(upper + upper.T + chain + chain.T)
    matrix.setdiag(0)
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return csr_array((matrix.data.astype(np.float32), matrix.indices, matrix.indptr))


def levels_of(matrix):
    return build_levels(
        matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data
    )


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), count=st.integers(2, 400), columns=st.integers(1, 19))
def test_solutions_are_those_of_a_direct_solver(seed, count, columns):
    matrix = random_graph(seed, count)
    rng = np.random.default_rng(seed)
    pull = rng.random(count).astype(np.float32) * 0.1 + 1e-3
    b = rng.random((count, columns)).astype(np.float32) * pull[:, None]
    system = diags_array(np.asarray(matrix.sum(axis=1)).ravel() + pull) - matrix
    exact = spsolve(system.tocsc().astype(np.float64), b.astype(np.float64)).reshape(b.shape)
    heat = solve(levels_of(matrix), pull, b, iterations=500, tolerance=1e-7)
    np.testing.assert_allclose(heat, exact, rtol=2e-3, atol=2e-3 * np.abs(exact).max())


def test_levels_conserve_what_joins_them():
    matrix = random_graph(3, 900, density=0.01)
    levels = levels_of(matrix)
    sizes = np.diff(levels.starts)
    assert sizes[0] == 900
    assert (sizes[1:] < sizes[:-1]).all()
    assert sizes[-1] <= 4
    total = np.add.reduceat(levels.conductance, levels.starts[:-1])
    assert (np.diff(total) <= 1e-3).all()
    begin, end = levels.starts[:2]
    parents = levels.parents[begin:end]
    assert parents.min() == end
    assert (np.bincount(parents - end) >= 1).all()


def test_a_good_start_needs_no_steps_and_is_kept():
    matrix = random_graph(5, 300)
    levels = levels_of(matrix)
    pull = np.full(300, 0.01, dtype=np.float32)
    b = np.zeros((300, 2), dtype=np.float32)
    b[0, 0] = b[-1, 1] = 0.01
    cold = solve(levels, pull, b, iterations=300, tolerance=1e-7)
    kept = solve(levels, pull, b, start=cold, iterations=0, tolerance=1e-7)
    np.testing.assert_array_equal(kept, cold)
    again = solve(levels, pull, b, start=cold, iterations=50, tolerance=1e-3)
    np.testing.assert_allclose(again, cold, atol=1e-5)


def test_heat_crosses_a_long_chain_in_few_steps():
    count = 4000
    chain = diags_array(np.ones(count - 1), offsets=1, shape=(count, count))
    matrix = csr_array(chain + chain.T).astype(np.float32)
    pull = np.full(count, 1e-9, dtype=np.float32)
    pull[0] = 1.0
    heat = solve(levels_of(matrix), pull, (pull > 0.5)[:, None] * 1.0, iterations=60, tolerance=0)
    assert heat.min() > 0.01


@pytest.mark.parametrize("count", [0, 1])
def test_no_edges(count):
    none = np.zeros(0, dtype=np.int32)
    levels = build_levels(np.zeros(count + 1, np.int32), none, none.astype(np.float32))
    heat = solve(levels, np.ones(count), np.ones((count, 3)), iterations=5, tolerance=1e-6)
    np.testing.assert_allclose(heat, np.ones((count, 3)))
