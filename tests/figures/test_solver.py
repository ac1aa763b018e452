"""LiSSA, spectra and unlearning: nothing that diverged or is unknown is drawn as a result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from afif_explorer import figures
from afif_explorer.figures.drawing import theme as themes
from afif_explorer.figures.lissa import full_batch_diverges
from tests.helpers import figures as cases


def named(drawn, name):
    return next(trace for trace in drawn.data if trace.name == name)


def test_the_map_leaves_the_diverging_region_without_a_value_and_marks_it():
    lissa = cases.lissa()
    drawn = figures.lissa_map(lissa)
    unknown = np.isnan(lissa.map_error)
    assert unknown.any()
    heat, blocked = named(drawn, "relative error"), named(drawn, "diverges")
    np.testing.assert_array_equal(np.isnan(heat.z), unknown)
    np.testing.assert_array_equal(np.isnan(blocked.z), ~unknown)
    np.testing.assert_allclose(
        10.0 ** heat.z[~unknown], np.maximum(lissa.map_error[~unknown], 1e-16), rtol=1e-4
    )
    assert "diverges: no result" in drawn.layout.title.text
    assert (
        "diverges"
        not in figures.lissa_map(
            replace(lissa, map_error=np.nan_to_num(lissa.map_error, nan=0.5))
        ).layout.title.text
    )


def test_the_map_shows_the_setting_and_the_rule_inside_its_axes():
    lissa = replace(cases.lissa(), scale=2.0, depth=100_000)
    drawn = figures.lissa_map(lissa)
    for name, scale, depth in (("current setting", 2.0, 100_000), ("automatic", 25.3, 1500)):
        mark = named(drawn, name)
        assert (*mark.x, *mark.y) == (scale, depth)
        assert drawn.layout.xaxis.range[0] < np.log10(scale) < drawn.layout.xaxis.range[1]
        assert drawn.layout.yaxis.range[0] < np.log10(depth) < drawn.layout.yaxis.range[1]


@pytest.mark.parametrize(
    ("scale", "diverges"), [(9.0, True), (12.2, True), (12.5, False), (30, False)]
)
def test_divergence_is_named(scale, diverges):
    lissa = cases.lissa(scale=scale)
    assert full_batch_diverges(lissa) is diverges
    drawn = figures.lissa_error(lissa)
    assert ("LiSSA diverges" in drawn.layout.title.text) is diverges
    curve = named(drawn, "full batch, diverging" if diverges else "full batch, computed")
    assert curve.line.dash == ("dash" if diverges else "solid")
    assert np.isfinite(curve.y).all()


def test_errors_that_are_not_finite_are_no_part_of_the_curve():
    lissa = cases.lissa(ran=False)
    errors = lissa.mean_error.copy()
    errors[-5:] = [np.inf, np.nan, 1e9, -1.0, 0.0]
    curve = figures.lissa_error(replace(lissa, mean_error=errors)).data[-1]
    np.testing.assert_allclose(curve.y, errors[:-5], rtol=1e-6)
    nothing = figures.lissa_error(replace(lissa, mean_error=np.full_like(errors, np.nan)))
    assert not nothing.data
    assert "diverges" in nothing.layout.annotations[0].text


def test_negative_eigenvalues_are_drawn_apart_and_explained():
    agreement = cases.agreement()
    negative = (agreement.hessian_eigenvalues < 0).sum()
    assert negative > 0
    drawn = figures.spectra(agreement)
    crosses = named(drawn, "Hessian, negative")
    assert len(crosses.x) == negative
    assert min(crosses.y) > 0 > max(crosses.customdata)
    assert f"{negative} Hessian eigenvalues are negative" in drawn.layout.title.text.replace(
        "<br>", " "
    )
    none = replace(agreement, fisher_eigenvalues=np.empty(0), hessian_eigenvalues=np.empty(0))
    assert not figures.spectra(none).data


def test_identity_by_theory_is_said_and_only_where_it_holds():
    said = "identical in theory"
    assert said in figures.agreement(cases.agreement(identical=True)).layout.title.text.replace(
        "<br>", " "
    )
    assert said not in figures.agreement(cases.agreement()).layout.title.text.replace("<br>", " ")


def test_metrics_of_different_units_share_no_axis():
    unlearning = cases.unlearning()
    drawn = figures.metrics_change(unlearning)
    axes = {}
    for trace in drawn.data:
        axes.setdefault(trace.xaxis, []).append(trace.x[0])
    assert [sorted(values) for values in axes.values()] == [
        sorted(row) for row in unlearning.metrics.to_numpy().tolist()
    ]


def test_an_undefined_metric_is_called_so():
    unlearning = cases.unlearning(retrained=False)
    metrics = unlearning.metrics.copy()
    metrics.loc["Accuracy", "predicted"] = np.nan
    drawn = figures.metrics_change(replace(unlearning, metrics=metrics))
    assert any(
        "0.8471 → not defined" in note.text for note in drawn.layout.annotations if note.text
    )
    assert len(drawn.data) == 2 * len(metrics) - 1


def test_retraining_is_the_solid_line_and_lies_on_top():
    drawn = figures.sweep(cases.unlearning())
    assert [trace.name for trace in drawn.data][-1] == "retrained"
    assert drawn.data[-1].line.dash == "solid"
    assert all(trace.line.dash != "solid" for trace in drawn.data[:-1])
    predicted = figures.sweep(cases.unlearning(retrained=False))
    assert "not retrained yet" in predicted.layout.title.text


def test_scores_are_shares_of_each_group():
    unlearning = cases.unlearning()
    for trace in figures.score_distributions(unlearning).data:
        assert sum(trace.y) == pytest.approx(1, abs=1e-5)
    without = replace(unlearning, scores_before={}, scores_after={})
    assert "no groups" in figures.score_distributions(without).layout.annotations[0].text


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [themes.LIGHT, themes.DARK], ids=["light", "dark"])
def test_contrasts_meet_wcag(colours):
    for text in (colours.ink, colours.text, colours.muted):
        assert contrast(text, colours.paper) >= 4.5
    marks = (colours.negative, colours.positive, colours.selection, colours.warning)
    for mark in (*marks, colours.reference, *colours.series):
        assert contrast(mark, colours.paper) >= 3


# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
DEFICIENCIES = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def seen(colour, matrix):
    """CIE Lab of a colour as somebody with the deficiency sees it."""
    srgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(matrix) @ linear, 0, 1)
    to_xyz = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
    ratio = np.array(to_xyz) @ linear / [0.95047, 1.0, 1.08883]
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("matrix", DEFICIENCIES.values(), ids=DEFICIENCIES)
@pytest.mark.parametrize("colours", [themes.LIGHT, themes.DARK], ids=["light", "dark"])
def test_signs_stay_apart_for_colour_blind_readers(colours, matrix):
    ends = [seen(c, matrix) for c in (colours.negative, colours.neutral, colours.positive)]
    for i, j in ((0, 1), (1, 2), (0, 2)):
        assert np.linalg.norm(ends[i] - ends[j]) > 20
