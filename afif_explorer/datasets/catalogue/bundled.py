"""Three small data sets that come with scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from afif_explorer.datasets.catalogue.entry import Entry, held_out
from afif_explorer.datasets.dataset import Dataset

_LICENCE = "BSD-3-Clause (as part of scikit-learn); the originals are public"
_DIABETES_NAMES = {
    "bmi": "body mass index",
    "bp": "blood pressure",
    "s1": "total cholesterol",
    "s2": "LDL cholesterol",
    "s3": "HDL cholesterol",
    "s4": "cholesterol ratio",
    "s5": "log triglycerides",
    "s6": "blood sugar",
}


def _digits(entry: Entry, seed: int, validation: float | None, test: float | None) -> Dataset:
    from sklearn.datasets import load_digits

    table = load_digits()
    names = [f"row {place // 8 + 1}, column {place % 8 + 1}" for place in range(64)]
    frame = pd.DataFrame(table.data / 16, columns=names)
    frame["digit"] = pd.Categorical(table.target.astype(str))
    notes = ["Pixel intensities range from 0 to 1 and are not standardised."]
    return _from(entry, frame, "digit", [], seed, validation, test, notes=notes, standardise=False)


def _diabetes(entry: Entry, seed: int, validation: float | None, test: float | None) -> Dataset:
    from sklearn.datasets import load_diabetes

    frame = load_diabetes(as_frame=True, scaled=False).frame.rename(columns=_DIABETES_NAMES)
    frame["sex"] = frame["sex"].map({1.0: "sex 1", 2.0: "sex 2"})
    frame = frame.rename(columns={"target": "disease progression"})
    notes = ["The source codes sex as 1 and 2 and does not say which is which."]
    return _from(entry, frame, "disease progression", ["sex"], seed, validation, test, notes=notes)


def _breast_cancer(
    entry: Entry, seed: int, validation: float | None, test: float | None
) -> Dataset:
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer()
    frame = pd.DataFrame(table.data, columns=list(table.feature_names))
    malignant = np.asarray(table.target == list(table.target_names).index("malignant"))
    frame["diagnosis"] = pd.Categorical.from_codes(malignant.astype(int), ["benign", "malignant"])
    return _from(entry, frame, "diagnosis", [], seed, validation, test)


def _from(
    entry: Entry,
    frame: pd.DataFrame,
    target: str,
    sensitive: list[str],
    seed: int,
    validation: float | None,
    test: float | None,
    **options: Any,
) -> Dataset:
    validation, test = held_out(validation, test)
    return Dataset.from_frame(
        frame,
        target=target,
        sensitive=sensitive,
        task=entry.task,
        validation=validation,
        test=test,
        seed=seed,
        **options,
        **entry.about(),
    )


DIGITS = Entry(
    name="digits",
    title="Handwritten digits",
    task="classification",
    rows=1797,
    source="UCI Optical Recognition of Handwritten Digits, test part, through scikit-learn",
    licence=_LICENCE,
    description="Images of 8 by 8 pixels; the label is the handwritten digit.",
    make=_digits,
    picture=(8, 8),
)
DIABETES = Entry(
    name="diabetes",
    title="Diabetes progression",
    task="regression",
    rows=442,
    source="Efron, Hastie, Johnstone and Tibshirani (2004), through scikit-learn",
    licence=_LICENCE,
    description="Ten measurements of patients; the target is a disease score one year later.",
    make=_diabetes,
)
BREAST_CANCER = Entry(
    name="breast_cancer",
    title="Breast cancer (Wisconsin)",
    task="classification",
    rows=569,
    source="UCI Breast Cancer Wisconsin (Diagnostic), through scikit-learn",
    licence=_LICENCE,
    description="Thirty measurements of cell nuclei; the label is the diagnosis of the tumour.",
    make=_breast_cancer,
)
