"""Data sets from sparse matrices: the rows and targets that were given, ready for linear maps."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse

import afif_explorer as ax
from afif_explorer.errors import DataError


def table(kind: str = "csr", n: int = 120) -> tuple[object, np.ndarray]:
    draw = np.random.default_rng(0)
    X = scipy.sparse.random_array((n, 9), density=0.4, rng=draw, format=kind)
    return X, np.where(X.toarray()[:, 0] + 0.2 * draw.normal(size=n) > 0.2, "yes", "no")


@pytest.mark.parametrize("kind", ["csr", "csc", "coo"])
def test_rows_stay_sparse_and_keep_their_numbers(kind: str) -> None:
    X, y = table(kind)
    data = ax.Dataset.from_arrays(X, y, validation=0.1, test=0.3, seed=1, target="bought")
    assert (data.d, data.classes, data.target) == (9, ("no", "yes"), "bought")
    assert data.feature_names[0] == "x1"
    for part in (data.train, data.validation, data.test):
        assert scipy.sparse.issparse(part.X)
        np.testing.assert_array_equal(part.X.toarray(), X.toarray()[part.ids])
        np.testing.assert_array_equal(part.y == 1, y[part.ids] == "yes")
    again = ax.Dataset.from_arrays(X, y, validation=0.1, test=0.3, seed=1, target="bought")
    assert again.digest == data.digest
    dense = ax.Dataset.from_arrays(X.toarray(), y, validation=0.1, test=0.3, seed=1)
    np.testing.assert_array_equal(dense.train.ids, data.train.ids)


@pytest.mark.parametrize("penalty", [ax.Ridge(1e-2), ax.Lasso(1e-2)], ids=["ridge", "lasso"])
def test_a_fit_is_that_of_dense_rows(penalty: ax.Penalty) -> None:
    X, y = table()
    thin, thick = (
        ax.fit(ax.Dataset.from_arrays(one, y, **options), penalty=penalty)
        for one, options in ((X, {}), (X.toarray(), {"standardise": False}))
    )
    np.testing.assert_allclose(thin.theta, thick.theta, atol=1e-9)
    found, wanted = (ax.attribute(fit, ax.MeanLoss("test")) for fit in (thin, thick))
    np.testing.assert_allclose(found, wanted, atol=1e-11)
    np.testing.assert_allclose(thin.predict(X), thick.predict(X.toarray()), atol=1e-9)


def test_what_sparse_inputs_cannot_have_is_refused() -> None:
    X, y = table()
    with pytest.raises(DataError, match="Sparse inputs have no sensitive"):
        ax.Dataset.from_arrays(X, y, sensitive="x1")
    with pytest.raises(DataError, match="the same n"):
        ax.Dataset.from_arrays(X, y[:-1])
    with pytest.raises(DataError, match="2 feature names for 9 columns"):
        ax.Dataset.from_arrays(X, y, feature_names=["a", "b"])
