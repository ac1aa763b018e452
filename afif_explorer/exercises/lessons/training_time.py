"""Lesson 10, networks: gradient descent along one direction, step by step."""

from __future__ import annotations

from afif_explorer.exercises.exercise import Exercise, Mistake
from afif_explorer.exercises.kinds import Number

_RATE, _LONG, _SHORT, _CURVATURE = 0.5, 250, 30, 0.02


def _damping(rate: float = _RATE, steps: int = _LONG) -> float:
    """The damping whose filter agrees with that of training for some steps, where little is learnt."""
    # 1 / (mu + damping) and (1 - (1 - rate mu)^steps) / mu agree as mu goes to 0.
    mu = 1e-9
    moved = 0.0
    for _ in range(steps):
        moved += rate * (1 - mu * moved)
    return 1 / moved - mu


def _share(rate: float = _RATE, steps: int = _SHORT, curvature: float = _CURVATURE) -> float:
    """The share of the full step after descending a parabola for some steps."""
    moved = 0.0
    for _ in range(steps):
        moved += rate * (1 - curvature * moved)
    return moved * curvature


EXERCISES = (
    Exercise(
        "10.1",
        Number(tolerance=0.01),
        solution=_damping,
        praise=lambda: f"{_damping():.4g}: the longer the training, the less damping.",
        hints=(
            "Does a longer training call for more damping, or for less?",
            "The link is in section 3, in one formula with two quantities.",
            "One over the product of the learning rate and the number of steps.",
        ),
        mistakes=(
            Mistake(
                "upside down",
                lambda: 1 / _damping(),
                "That is rate times steps: more training would mean *more* damping.",
            ),
            Mistake(
                "without the rate",
                lambda: 1 / _LONG,
                "The learning rate is missing: large steps get further.",
            ),
            Mistake(
                "rate over steps",
                lambda: _RATE / _LONG,
                "The rate is on the wrong side: a larger rate means less damping.",
            ),
            Mistake(
                "for 100 steps",
                lambda: _damping(steps=100),
                "That belongs to another of the trainings of section 3.",
            ),
            Mistake(
                "for 30 steps",
                lambda: _damping(steps=30),
                "That belongs to the shortest training of section 3.",
            ),
            Mistake(
                "the penalty's strength",
                lambda: 1e-2,
                "That is the strength of the penalty, which is there for any training time.",
            ),
        ),
    ),
    Exercise(
        "10.2",
        Number(tolerance=0.005),
        solution=_share,
        praise=lambda: (
            f"{_share():.1%}: this direction is only partly learnt, so retraining for as long "
            "moves along it only partly."
        ),
        hints=(
            "By which factor does one step shrink what is still missing along this direction?",
            "After all steps that factor has been applied as often as there were steps.",
            "One minus (one minus rate times curvature) to the power of the number of steps.",
        ),
        mistakes=(
            Mistake(
                "what is missing",
                lambda: 1 - _share(),
                "That is the share that is still *missing*.",
            ),
            Mistake(
                "without the rate",
                lambda: _share(rate=1.0),
                "The learning rate is missing in the factor.",
            ),
            Mistake(
                "by damping",
                lambda: _CURVATURE / (_CURVATURE + 1 / (_RATE * _SHORT)),
                "That is the share under the damping that corresponds to it: close in spirit, but the "
                "training itself is asked for.",
            ),
            Mistake(
                "to first order",
                lambda: _RATE * _CURVATURE * _SHORT,
                "That is rate times curvature times steps, which forgets that each step starts nearer.",
            ),
            Mistake(
                "one step",
                lambda: _RATE * _CURVATURE,
                "That is the share after one step.",
            ),
            Mistake(
                "the step itself",
                lambda: _share() / _CURVATURE,
                "That is the multiplier of the step; as a share of the full step, multiply by the "
                "curvature.",
            ),
        ),
    ),
)
