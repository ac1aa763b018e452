"""The nearest rows: those of scikit-learn, in dense and in sparse inputs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.neighbors import NearestNeighbors

import afif_explorer as ax
from afif_explorer import study
from afif_explorer.datasets.rows.nearest import nearest
from afif_explorer.spec import Spec


def test_the_nearest_rows_are_those_of_scikit_learn() -> None:
    train = ax.load_dataset("hiring").train
    at = 7
    found = study.nearest(Spec(), int(train.ids[at]))
    others = np.delete(np.arange(len(train)), at)
    search = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(train.X[others])
    distances, places = search.kneighbors(train.X[[at]])
    assert list(found) == train.ids[others[places[0]]].tolist()
    np.testing.assert_allclose([*found.values()], distances[0], rtol=1e-12)


def test_sparse_inputs_have_the_same_nearest_rows() -> None:
    X = np.random.default_rng(0).poisson(0.3, (60, 30)).astype(float)
    dense, sparse = nearest(X, 3, 8), nearest(csr_array(X), 3, 8)
    np.testing.assert_array_equal(dense[0], sparse[0])
    np.testing.assert_allclose(dense[1], sparse[1], atol=1e-7)


@pytest.mark.parametrize(("rows", "listed"), [(1, []), (3, [1, 2])])
def test_few_rows_have_fewer_nearest_ones(rows: int, listed: list[int]) -> None:
    places, distances = nearest(np.zeros((rows, 2)), 0, 5)
    assert places.tolist() == listed
    assert distances.tolist() == [0.0] * len(listed)


def test_the_explorer_knows_them_for_the_row_in_focus() -> None:
    explorer = ax.Explorer("hiring")
    try:
        assert explorer.await_idle(timeout=120)
        assert explorer.nearest() == {}
        row = int(explorer.points.ids[4])
        explorer.look_at(row)
        assert explorer.nearest() == study.nearest(explorer.spec, row)
    finally:
        explorer.close()
