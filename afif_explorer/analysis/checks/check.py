"""``check``: what to know about a fit before its effects are trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from afif_explorer.analysis.checks import agreement, groups, optimum, rows
from afif_explorer.analysis.checks.finding import Check, Checks
from afif_explorer.analysis.checks.subject import Subject
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.engine.influence.methods import AFIF, Method, checked_method
from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.bound import checked_fit
from afif_explorer.engine.targets.losses import MeanLoss
from afif_explorer.errors import InvalidChoice, UndefinedMeasure
from afif_explorer.numeric import checked_seed, is_whole
from afif_explorer.progress import report
from afif_explorer.wording import quoted

RULES: dict[str, Callable[[Subject], Check | None]] = {
    "AX101": optimum.minimum,
    "AX102": optimum.negative_curvature,
    "AX103": optimum.determined,
    "AX201": groups.absent,
    "AX203": groups.small,
    "AX204": groups.only_rows,
    "AX305": rows.leverage,
    "AX306": rows.distance,
    "AX401": agreement.curvatures,
    "AX402": agreement.solver,
    "AX501": agreement.refits,
    "AX502": agreement.seeds,
}
MEASURED = ("test", "validation", "train")


def check(
    fit: Fit,
    target: Target | None = None,
    *,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    refits: int = 0,
    seeds: int = 0,
    mute: str | Iterable[str] = (),
    seed: int = 0,
) -> Checks:
    """What to know about a fit before its effects are trusted, as a list of checks with codes.

    ``docs/codes.md`` describes every code. Each check has a level ("ok", "note", "warning", "error", or
    "unknown" where it would be too expensive), what was seen, why it matters, and a remedy.

    Args:
        fit: a model and its training rows.
        target: whose effects are to be trusted; None: the mean loss of the test rows (or validation or
            training rows).
        method: curvature and solver of the effects.
        refits: number of rows to refit without, half with the largest effects and half at random; 0: none.
        seeds: number of trainings from other random starts whose effects are compared with those of the fit:
            the noise between seeds of a network; 0: none.
        mute: one or several codes to leave out.
        seed: of the random rows.

    Returns:
        ``Checks``, which iterate over all checks that apply; ``problems`` are those with a warning or an
        error, ``to_frame()`` is their table.

    Raises:
        InvalidChoice: for what is not a fit, target or code, and for a number of refits or seeds below 0.

    >>> import afif_explorer as ax
    >>> checks = ax.check(ax.fit(ax.load_dataset("hiring")), refits=4)
    >>> checks["AX101"].level, checks["AX501"].level
    ('ok', 'ok')
    >>> checks.problems
    ()
    """
    checked_fit(fit)
    checked_method(method)
    if target is None:
        target = MeanLoss(
            next(name for name in MEASURED if name in fit.samples and len(fit.samples[name].X))
        )
    if not isinstance(target, Target):
        raise InvalidChoice(f"Expected a target such as MeanLoss('test'), got {quoted(target)}.")
    if not (is_whole(refits) and refits >= 0):
        raise InvalidChoice(f"The number of refits must be a whole number, not {quoted(refits)}.")
    if not (is_whole(seeds) and seeds >= 0):
        raise InvalidChoice(f"The number of seeds must be a whole number, not {quoted(seeds)}.")
    muted = _codes(mute)
    subject = Subject(fit, target, method, refits, checked_seed(seed), seeds)
    found = []
    for place, (code, rule) in enumerate(RULES.items()):
        report("checks", place, len(RULES))
        if code in muted:
            continue
        try:
            made = rule(subject)
        except UndefinedMeasure:  # the target does not exist, as AX201 says
            continue
        if made is not None:
            found.append(made)
    return Checks(tuple(found), muted)


def _codes(mute: str | Iterable[str]) -> tuple[str, ...]:
    codes = (mute,) if isinstance(mute, str) else tuple(mute)
    for code in codes:
        if code not in RULES:
            raise InvalidChoice(f"There is no check {quoted(code)}; there are {', '.join(RULES)}.")
    return codes
