"""A fake study and sessions that use it, for tests of the state and the user interfaces."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest

from afif_explorer import results
from afif_explorer.jobs import Jobs
from afif_explorer.progress import report
from afif_explorer.spec import Spec
from afif_explorer.state import Explorer
from afif_explorer.study import key

ANY = {"groups": (), "notes": (), "feature_names": ()}


class StandIn:
    """The study's functions over no data at all; ``asked`` lists what was computed."""

    key = staticmethod(key)

    def __init__(self):
        self.asked: list[tuple[str, Spec]] = []
        self.fails: dict[str, Exception] = {}
        self.gate = threading.Event()
        self.gate.set()

    def names(self):
        return [name for name, _ in self.asked]

    def _made(self, what, spec, value):
        self.asked.append((what, spec))
        for step in range(1000):
            report(what, step, 1000)
            if self.gate.wait(0.005):
                break
        if what in self.fails:
            raise self.fails[what]
        return value

    def offered(self, spec):
        return {"model": ("auto", "logistic"), "dataset": {"Hiring": "hiring"}}

    def settle(self, spec):
        self.asked.append(("settle", spec))
        if spec.sensitive > 1:
            return spec.replace(sensitive=0), ("There are two sensitive columns only.",)
        return spec, ()

    def describe(self, spec):
        value = results.DataSummary(
            spec.dataset, "Hiring", "classification", "hired", ("no", "yes"), 2000, 1, 1,
            sensitive=("group", "sex"), **ANY,
        )  # fmt: skip
        return self._made("data", spec, value)

    def frame(self, spec):
        return self._made("frame", spec, pd.DataFrame({"a": np.zeros(2000)}))

    def train(self, spec):
        value = results.FitSummary(spec.model, 3, {}, 1e-9, 1e-8, True, 5, 0.1, "the processor")
        return self._made("fitted", spec, value)

    def points(self, spec):
        solver = results.SolverSummary("LiSSA", "converged", "", 0.0, 0.0, 0.0, 2.5, 100)
        arrays = (np.arange(3),) * 5
        text = np.array(["a", "b", "c"])
        axes = (results.RowValues(np.arange(3.0), name) for name in "xy")
        value = results.Points(
            *arrays, np.arange(3), text, text, *axes,
            "mean loss on the test rows", "nats", 0.4, "raises", solver,
        )  # fmt: skip
        return self._made("points", spec, value)

    def brush(self, spec):
        watched = (results.Watched("target", "mean loss on the test rows", "nats", 0.4),)
        effects = np.arange(3, dtype=np.float32)[None]
        return self._made("brush", spec, results.Brush(np.arange(3), watched, effects))

    def removal(self, spec, retrained=False):
        watched = results.Watched("target", "mean loss on the test rows", "nats", 0.4)
        reach = results.Reach("good", 0.1, 0.01, "A refit should agree.")
        truth = -0.011 if retrained else None
        value = results.Removal(
            np.array(spec.selected), 2000, (results.Change(watched, -0.01, -0.02, reach, truth),),
            (results.Trait("a = 1", 0.9, 0.5, False), results.Trait("b > 2", 0.6, 0.5, True)),
        )  # fmt: skip
        return self._made(f"removal {retrained}", spec, value)

    def agreement(self, spec):
        return self._made("agreement", spec, object.__new__(results.Agreement))

    def lissa(self, spec, run=False):
        return self._made(f"lissa run={run}", spec, object.__new__(results.LissaReport))

    def cross_validation(self, spec, checked=False):
        value = object.__new__(results.CrossValidationReport)
        return self._made(f"cross_validation {checked}", spec, value)

    def unlearning(self, spec, retrained=False):
        value = object.__new__(results.Unlearning)
        object.__setattr__(value, "retrained", retrained)
        return self._made(f"unlearning {retrained}", spec, value)

    def patterns(self, spec):
        return self._made("patterns", spec, object.__new__(results.Patterns))

    def decisions(self, spec):
        return self._made("decisions", spec, object.__new__(results.Decisions))

    def diagnostics(self, spec):
        return self._made("diagnostics", spec, object.__new__(results.Diagnostics))

    def checks(self, spec):
        return self._made("checks", spec, results.Checks(()))

    def comparison(self, spec):
        return self._made("comparison", spec, object.__new__(results.Comparison))

    def person(self, spec, verified=False):
        return self._made(f"person {verified}", spec, object.__new__(results.Person))

    def verify(self, spec, random, top, selected):
        return self._made("verification", spec, object.__new__(results.Verification))


@pytest.fixture
def stand_in():
    return StandIn()


@pytest.fixture
def make(stand_in):
    jobs, made = Jobs(workers=2), []

    def make(**choices):
        made.append(Explorer(study=stand_in, jobs=jobs, **choices))
        return made[-1]

    yield make
    stand_in.gate.set()
    for explorer in made:
        explorer.close()
    jobs.shutdown()
