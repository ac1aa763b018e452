"""How few training rows carry each decision of a model."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from afif_explorer import wording
from afif_explorer.analysis.fits.basins import Basins, Fall
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.fits.retraining import Retraining, retraining_of
from afif_explorer.analysis.fragility.margins import Margins, decisions_at
from afif_explorer.analysis.limits.removable import loses_a_class
from afif_explorer.analysis.removal.refits import Retrained, retrain
from afif_explorer.analysis.rows.corrected import corrected
from afif_explorer.engine.influence.methods import Method
from afif_explorer.engine.problem.row_ids import positions_of
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.engine.training.retrain import Refits
from afif_explorer.errors import DataError, InvalidChoice
from afif_explorer.html_tables import html_table
from afif_explorer.numeric import is_whole
from afif_explorer.progress import partial_result, report
from afif_explorer.wording import quoted

SHOWN = 10  # rows of a table in a notebook
ROUNDS = 40  # of refits of the sets that do not flip yet
PATIENT = 900.0  # seconds of refits one by one beyond which they are not begun


@dataclass(frozen=True, eq=False, repr=False)
class FlipCheck:
    """A decision before and after a refit without some rows: the result of :meth:`DecisionFlips.verify`.

    Attributes:
        person: id in the split. rows: ids of the removed training rows.
        before, after: the decision, as a class number. margin: of the decision before over its rival, in
            the model's output (log-odds), measured after the refit; below 0 if it has lost.
        flipped: whether the decision changed. refit: the refitted model.
    """

    person: int
    rows: np.ndarray
    before: int
    after: int
    margin: float
    flipped: bool
    refit: Retrained

    def __repr__(self) -> str:
        changed = f"from class {self.before} to {self.after}" if self.flipped else "no change"
        rows = f"{len(self.rows)} training row{'' if len(self.rows) == 1 else 's'}"
        return f"<FlipCheck of row {self.person} without {rows}: {changed}>"


@dataclass(frozen=True, eq=False, repr=False)
class DecisionFlips:
    """How few training rows carry each decision: the result of :func:`flip` without a target.

    Attributes:
        fit: the model with all rows. method: of prediction. split: whose rows are the persons, ``m`` of them.
        ids: ``[m]``, of the persons. decisions: ``[m]``, the class number that the model decides for.
        rivals: ``[m]``, the class that the decision would change to.
        margins: ``[m]``, by how much the decision leads its rival in the model's output (log-odds).
        counts: ``[m]``, the number of training rows that carry the decision; NaN where it is more than
            ``most``.
        sets: by id of each person whose set was refitted without its rows and did flip: their ids.
        most: rows up to which sets are searched. refitted: rows up to which every set in ``counts`` is one of
            ``sets``; larger counts are predictions.
        seconds: wall time. another_basin: ``[m]`` bool, of which sets the refit of a network ended in another
            minimum than the one next to the fit; note: a sentence about them, or empty.
    """

    fit: Fit
    method: Method
    split: str
    ids: np.ndarray
    decisions: np.ndarray
    rivals: np.ndarray
    margins: np.ndarray
    counts: np.ndarray
    sets: dict[int, np.ndarray]
    most: int
    refitted: int
    seconds: float
    another_basin: np.ndarray
    note: str

    def __len__(self) -> int:
        return len(self.counts)

    def __repr__(self) -> str:
        few = f"{100 * self.share(self.refitted):.2g} % depend on at most {self.refitted} training rows"
        return (
            f"<DecisionFlips of {wording.count(len(self))} {self.split} rows: {few} (refitted), "
            f"{100 * self.share(self.most):.2g} % on at most {self.most} (predicted)>"
        )

    def _repr_html_(self) -> str:
        """The persons whose decisions the fewest rows carry."""
        table = self.to_frame().sort_values("count").head(SHOWN)
        rows = table.itertuples(name=None)
        return html_table(repr(self).strip("<>"), ("id", *table.columns), rows, (self.note,))

    def share(self, rows: int) -> float:
        """The share of persons whose decision at most so many training rows carry."""
        return float((self.counts <= rows).mean())

    def rows(self, person: int) -> np.ndarray:
        """The ids of the training rows that carry a person's decision, the most important first.

        Raises :class:`InvalidChoice` for a person who is not in the split, or without such a set.
        """
        place = self._place(person)
        if person in self.sets:
            return self.sets[person]
        if np.isnan(self.counts[place]):
            raise InvalidChoice(
                f"No set of at most {self.most} training rows carries the decision on row {person}; "
                "raise most."
            )
        margins = _margins(self.fit, self.method, self.split)
        pair = (margins.person == place) & (margins.rival == int(self.rivals[place]))
        ranked = _ranked(margins.take(torch.nonzero(pair).flatten()), int(self.counts[place]))
        return self.fit.ids[ranked[0][0]]

    def _place(self, person: int) -> int:
        """The position of a person in the split."""
        if not is_whole(person):
            raise InvalidChoice(f"A person is named by id, a whole number, not {quoted(person)}.")
        return int(positions_of([person], self.split, self.fit.row_ids)[0])

    def verify(self, person: int) -> FlipCheck:
        """Refit without the rows that carry a person's decision.

        Raises :class:`InvalidChoice` as :meth:`rows`, and :class:`DataError` if a class would lose all its
        rows.
        """
        rows = self.rows(person)
        again = retrain(self.fit, rows)
        place = self._place(person)
        objective, X = self.fit.objective, self.fit.sample(self.split).X[place : place + 1]
        theta = objective.vector(again.theta)
        after, before = int(decisions_at(objective, theta, X)[0]), int(self.decisions[place])
        f = objective.model.outputs(theta, X)[0]
        lead = f[before] - f[int(self.rivals[place])] if len(f) > 1 else (2 * before - 1) * f[0]
        return FlipCheck(person, rows, before, after, float(lead), after != before, again)

    def to_frame(self) -> pd.DataFrame:
        """A row per person, indexed by id: decision, rival, margin, count, whether refitted, and groups."""
        data = self.fit.data
        part = None if data is None else getattr(data, self.split)
        names = np.array(data.classes if data is not None else ())
        table = pd.DataFrame(
            {
                "decision": names[self.decisions] if len(names) else self.decisions,
                "rival": names[self.rivals] if len(names) else self.rivals,
                "margin": self.margins,
                "count": self.counts,
                "refitted": [person in self.sets for person in self.ids.tolist()],
                "another_basin": self.another_basin,
            },
            index=pd.Index(self.ids, name="id"),
        )
        return table if part is None else table.join(part.sensitive)


def decision_flips(
    fit: Fit, split: str, method: Method, *, most: int, refitted: int
) -> DecisionFlips:
    """:func:`~afif_explorer.analysis.fragility.flip.flip` for the decisions of a split."""
    began = time.perf_counter()
    margins = _margins(fit, method, split)
    counts = _counts(margins, min(most, fit.n - 1))
    best = _best_pairs(margins, counts)
    chosen, counts = margins.take(torch.as_tensor(best)), counts[best]
    few = np.flatnonzero(counts <= refitted)
    again, ids = retraining_of(fit, stacklevel=4), fit.row_ids[split]

    def result(sets: Sets) -> DecisionFlips:
        basins, persons = sum((one for _, one in sets.values()), Basins()), ids[list(sets)]
        basins.warn(persons, "row", stacklevel=4)
        return DecisionFlips(
            fit=fit,
            method=method,
            split=split,
            ids=ids,
            decisions=margins.decisions.cpu().numpy(),
            rivals=chosen.rival.cpu().numpy(),
            margins=chosen.size.cpu().numpy(),
            counts=counts,
            sets={int(ids[place]): fit.ids[rows] for place, (rows, _) in sets.items()},
            most=most,
            refitted=refitted,
            seconds=time.perf_counter() - began,
            another_basin=np.isin(ids, persons[basins.another]),
            note=basins.told(persons, "row"),
        )

    with partial_result(result):
        sets = _refitted_sets(again, chosen.take(torch.as_tensor(few)), counts, few, refitted)
    return result(sets)


def _margins(fit: Fit, method: Method, split: str) -> Margins:
    X = fit.sample(split).X
    if not len(X):
        raise DataError(
            f"The {split} split has no rows whose decisions could flip; choose another."
        )
    return Margins.of(corrected(prepared(method, fit)), X)


def _counts(margins: Margins, most: int) -> np.ndarray:
    """The smallest number of rows predicted to overturn each lead, ``[q]``; NaN above ``most``."""
    counts = np.full(len(margins.person), np.nan)
    sizes = margins.size.cpu().numpy()
    for pairs, pushed in margins.pushes():
        np.negative(pushed, out=pushed)
        pushed.partition(most - 1, axis=1)
        strongest = np.sort(pushed[:, :most], axis=1)
        beyond = np.cumsum(-strongest, axis=1, dtype=np.float64) > sizes[pairs, None]
        counts[pairs] = np.where(beyond.any(1), beyond.argmax(1) + 1, np.nan)
    return counts


def _best_pairs(margins: Margins, counts: np.ndarray) -> np.ndarray:
    """The pair of each person with the fewest rows; without any, that with the smallest margin."""
    order = np.lexsort(
        (
            margins.size.cpu().numpy(),
            np.nan_to_num(counts, nan=np.inf),
            margins.person.cpu().numpy(),
        )
    )
    per_person = len(counts) // max(1, len(margins.decisions))
    return order[::per_person]


def _ranked(margins: Margins, most: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each pair the rows that lower its lead most, strongest first, and by how much."""
    found = []
    for _, pushed in margins.pushes():
        for row in pushed:
            rows = np.argpartition(-row, min(most, len(row)) - 1)[:most]
            rows = rows[np.argsort(-row[rows], kind="stable")]
            found.append((rows, row[rows]))
    return found


Sets = dict[int, tuple[np.ndarray, Basins]]  # rows, and where the refit without them ended


def _refitted_sets(
    again: Retraining, margins: Margins, counts: np.ndarray, persons: np.ndarray, most: int
) -> Sets:
    """Sets of at most so many rows without which a refit decides otherwise, by person.

    A set that does not flip yet is extended by the rows that are predicted to make up the rest, and refitted
    again. ``counts`` is set to the sizes reached. Raises :class:`Interrupted` with the sets found so far.
    """
    objective = margins.influence.objective
    ranked = _ranked(margins, min(objective.n - 1, 2 * most))
    if len(persons) and not (objective.canonical and objective.smooth):
        _refuse_too_many(again, ranked[0][0][:1], len(persons), most)
    waiting, found = np.arange(len(persons)), Sets()

    def settle(leads: _Leads) -> Sets:
        for pair, lead, fall in zip(waiting, leads.left, leads.falls, strict=True):
            size = int(counts[persons[pair]])
            if lead < 0:
                found[int(persons[pair])] = ranked[pair][0][:size], Basins((fall,))
            else:
                counts[persons[pair]] = size + _more(ranked[pair][1][size:], float(lead))
        return found

    def give_up(leads: _Leads) -> Sets:
        missing = np.setdiff1d(persons[waiting], list(settle(leads)))
        counts[missing] = np.nan
        return found

    for done in range(ROUNDS):
        if not len(waiting):
            return found
        report("flips", done, None)
        sizes = counts[persons[waiting]].astype(int)
        sets = [ranked[pair][0][:size] for pair, size in zip(waiting, sizes, strict=True)]
        possible = ~loses_a_class(objective, sets)
        counts[persons[waiting[~possible]]] = np.nan
        waiting = waiting[possible]
        with partial_result(give_up):
            leads = _leads_without(
                again, margins.take(torch.as_tensor(waiting)), list(compress(sets, possible))
            )
        settle(leads)
        still = np.array([persons[pair] not in found for pair in waiting], dtype=bool)
        waiting = waiting[still & (counts[persons[waiting]] <= most)]
    counts[persons[waiting]] = np.nan
    return found


class _Leads(NamedTuple):
    """The lead of each pair, refitted without its set of rows: ``[q]``; below 0 if it is lost, NaN if it is
    missing. ``falls``: where each refit ended, as in :class:`Basins`."""

    left: np.ndarray
    falls: list[Fall | None]


def _leads_without(again: Retraining, margins: Margins, sets: Sequence[np.ndarray]) -> _Leads:
    """Refit without each set; raises :class:`Interrupted` with the leads known so far."""
    like = margins.influence.point.theta
    found = _Leads(np.full(len(sets), np.nan), [None] * len(sets))

    def enter(pairs: Tensor, some: Sequence[np.ndarray], refits: Refits) -> _Leads:
        places, done = pairs.numpy(), refits.finished.cpu()
        known = margins.take(pairs[done]).at(refits.theta[:, done])
        found.left[places[done.numpy()]] = known.cpu().numpy()
        found.falls[places[0] : places[-1] + 1] = again.basins(some, refits.theta).falls
        return found

    for pairs in torch.arange(len(sets)).split(block_rows(len(like), like)):
        some = [sets[pair] for pair in pairs.tolist()]
        with partial_result(partial(enter, pairs, some)):
            refits = again.without_each(some)
        enter(pairs, some, refits)
    return found


def _refuse_too_many(again: Retraining, rows: np.ndarray, persons: int, most: int) -> None:
    """Raises :class:`InvalidChoice` where refits one by one would take too long; that without ``rows`` is
    timed."""
    report("timing a refit", 0, 1)
    seconds = persons * again.without(rows).seconds
    if seconds > PATIENT:
        raise InvalidChoice(
            f"At most {most} rows are predicted to carry each of {wording.count(persons)} decisions, and to "
            f"train this model again without each set would take about {seconds / 60:.2g} minutes; choose "
            "a smaller refitted (0: predictions only), or a split with fewer rows."
        )


def _more(pushes: np.ndarray, lead: float) -> float:
    """How many more rows are predicted to overturn the remaining lead; NaN if not all of them do."""
    beyond = np.cumsum(np.maximum(pushes, 0), dtype=np.float64) > lead
    return float(beyond.argmax() + 1) if beyond.any() else np.nan
