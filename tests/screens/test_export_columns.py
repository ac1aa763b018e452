"""The files to take away: every column stays, under a name of its own, whatever it is called."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from afif_explorer import study
from afif_explorer.datasets import read_table
from afif_explorer.screens.files import tables
from afif_explorer.state import Explorer

RESERVED = ["row", "row (raw)", "row (2)", "leverage", "loss", "observed", "group", "prediction"]
RESERVED += ["effect if removed [nats]", "=x", "'=x"]


@pytest.fixture(scope="module")
def explorer():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(200, len(RESERVED))), columns=RESERVED)
    frame["y"] = np.where(rng.random(200) < 0.5, "yes", "no")
    content = frame.to_csv(index=False).encode()
    name = study.add_upload(content, "reserved.csv", target="y")
    made = Explorer(name, view="unlearning", count=5)
    assert made.await_idle(60)
    made.raw = read_table(content).frame
    yield made
    made.close()


def read(file: io.StringIO) -> pd.DataFrame:
    table = pd.read_csv(file)
    assert len(set(file.getvalue().split("\n")[0].split(","))) == table.shape[1]
    return table


def test_all_rows_keep_all_their_columns(explorer):
    table = read(tables.rows_csv(explorer))
    assert table["row"].tolist() == explorer.points.ids.tolist()
    np.testing.assert_array_equal(table["leverage"], explorer.points.leverage)
    assert table.shape[1] == 1 + len(tables.MEASURES) + len(["removed"]) + len(RESERVED) + 1
    raw = table.iloc[:, 2 + len(tables.MEASURES) :].to_numpy()
    np.testing.assert_array_equal(raw, explorer.raw.loc[table["row"]].to_numpy())
    assert {"row (raw)", "row (raw) (2)", "leverage (raw)"} <= set(table.columns)


def test_the_rows_that_remain_keep_their_names(explorer):
    table = read(tables.remaining_csv(explorer))
    heading, *names = table.columns
    assert heading == "row (3)"
    assert names[:-3] == RESERVED[:-2]
    kept = np.setdiff1d(explorer.points.ids, explorer.unlearning.ids)
    assert table[heading].tolist() == kept.tolist()
    np.testing.assert_array_equal(table[names], explorer.raw.loc[kept])
