"""``Dataset``: three splits of numbers, with their origin."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from afif_explorer.datasets.build import fields_of, frame_of, shares
from afif_explorer.datasets.encoder import Encoder, RawRows
from afif_explorer.datasets.favourable import Favourable, guess
from afif_explorer.datasets.options import FrameOptions
from afif_explorer.datasets.roles import ColumnOptions
from afif_explorer.datasets.sparse import sparse_fields
from afif_explorer.datasets.split import Split
from afif_explorer.datasets.weights import SampleWeight, is_column
from afif_explorer.errors import DataError
from afif_explorer.html_tables import html_table
from afif_explorer.numeric import check_options

if TYPE_CHECKING:
    from scipy.sparse import sparray, spmatrix

PREPARATION = {
    "include_sensitive": False,
    "standardise": True,
    "baseline": False,
    "dtype": "float64",
}


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table encoded for a model; see :meth:`from_frame` for the rules.

    >>> import afif_explorer as ax
    >>> ax.load_dataset("hiring")
    <Dataset 'hiring': classification of 'hired', 1400 + 300 + 300 rows, d = 12>
    """

    name: str  # in the catalogue, or "your data"
    title: str  # for display
    task: str  # "regression" | "classification" | "count"
    target: str  # display name of the column that is predicted
    classes: tuple[str, ...]  # display names; () unless classification
    train: Split  # the rows a model is fitted to
    validation: Split  # the rows for decisions; may be empty
    test: Split  # the rows for reporting; may be empty
    feature_names: tuple[str, ...]  # [d], after one-hot
    feature_groups: tuple[tuple[int, ...], ...]  # the columns of X of each raw column
    sensitive: tuple[str, ...]  # display names of the sensitive columns
    notes: tuple[str, ...]  # what was done to the data, a sentence each
    source: str = ""  # where the table comes from
    licence: str = ""  # its licence
    description: str = ""  # a description
    # ids of the training rows whose label is known to be wrong; empty if unknown
    planted: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))  # [m]
    # made: further arguments of from_frame; None if it was created in another way
    made: Mapping[str, Any] | None = None
    encoder: Encoder | None = None  # for transform; None for a sparse matrix

    def __repr__(self) -> str:
        sizes = f"{len(self.train)} + {len(self.validation)} + {len(self.test)} rows"
        return f"<Dataset {self.name!r}: {self.task} of {self.target!r}, {sizes}, d = {self.d}>"

    def _repr_html_(self) -> str:
        """The splits as a table, and the notes."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        about = [f"{self.task} of {self.target!r}", f"{self.d} inputs"]
        if self.sensitive:
            about.append(f"sensitive: {', '.join(self.sensitive)}")
        rows = [(name, len(part)) for name, part in parts.items()]
        return html_table(self.title, ("split", "rows"), rows, ("; ".join(about), *self.notes))

    @property
    def d(self) -> int:
        """The number of inputs of a model (columns of ``X``; a model adds its own intercept)."""
        return len(self.feature_names)

    @property
    def row_ids(self) -> dict[str, np.ndarray]:
        """The ids of the rows of each split, by its name."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: part.ids for name, part in parts.items()}

    @property
    def favourable(self) -> Favourable | None:
        """The class that gaps take to be favourable unless told otherwise; None without classes.

        Guessed from the names of the classes ("approved", "hired", ...), or else the last one.
        """
        return guess(self.classes)

    @cached_property
    def group_names(self) -> tuple[tuple[str, ...], ...]:
        """The groups of each sensitive column, of all splits, sorted."""
        parts = (self.train, self.validation, self.test)
        return tuple(
            tuple(
                sorted(
                    {str(one) for part in parts for one in part.sensitive[name].dropna().unique()}
                )
            )
            for name in self.sensitive
        )

    @cached_property
    def digest(self) -> str:
        """Content digest (hex): equal for equal content, whatever its name."""
        names = [self.task, self.target, self.classes, self.feature_names, self.feature_groups]
        content = blake2b(json.dumps([*names, self.sensitive]).encode(), digest_size=16)
        for part in (self.train, self.validation, self.test):
            for array in part.arrays:
                content.update(f"{array.dtype}{array.shape}".encode())
                content.update(np.ascontiguousarray(array).data if array.size else b"")
            for table in (part.sensitive, part.table):
                content.update(json.dumps([str(name) for name in table.columns]).encode())
                for some in part.batches(table):
                    content.update(pd.util.hash_pandas_object(some).to_numpy().tobytes())
        return content.hexdigest()

    def transform(self, rows: RawRows) -> np.ndarray:
        """Raw rows encoded like ``train.X``, with what was fitted on the training rows.

        Numbers are standardised with the mean and standard deviation of the training rows; missing and
        infinite ones are filled with their median. A level that no training row has gets 0 in its columns.
        A warning tells both.

        Args:
            rows: a data frame, a mapping of column names to values, or a list of mappings, with the raw
                columns that are inputs; other columns are ignored.

        Returns:
            Inputs ``[m, d]``, in the precision of ``train.X``, for ``fit.predict``.

        Raises:
            DataError: a column is missing, appears twice, or has values of another kind; data from a sparse
                matrix, which have no raw columns.

        >>> import afif_explorer as ax
        >>> data = ax.load_dataset("hiring")
        >>> bool((data.transform(data.test.frame) == data.test.X).all())
        True
        """
        if self.encoder is None:
            raise DataError(
                "These data have no raw columns to transform; pass rows of X as they are."
            )
        return self.encoder.transform(rows)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        target: Hashable | None = None,
        sensitive: Sequence[Hashable] | str = (),
        roles: Mapping[Hashable, str] | None = None,
        kinds: Mapping[Hashable, str] | None = None,
        missing: Mapping[Hashable, Collection[Any]] | None = None,
        merge: Mapping[Hashable, Mapping[str, str]] | None = None,
        task: str | None = None,
        validation: float = 0.15,
        test: float = 0.15,
        seed: int = 0,
        include_sensitive: bool = False,
        standardise: bool = True,
        baseline: bool = False,
        dtype: str = "float64",
        sample_weight: SampleWeight = None,
        name: str = "your data",
        title: str = "",
        source: str = "",
        licence: str = "",
        description: str = "",
        notes: Sequence[str] = (),
    ) -> Dataset:
        """A data set from any data frame. ``notes`` lists what was done to it, and what is in doubt.

        :func:`~afif_explorer.inspect` shows the same column by column, and its ``options()`` are arguments of
        this function.

        The task, where ``task`` is None: text, booleans, categories and any two distinct values are
        classes; so are 3 to 10 distinct whole numbers; whole numbers from 0 up with more than 10 distinct
        values and a mean of at most 10 are counts; all other numbers are amounts (regression). Classes are
        sorted; an ordered or categorical column keeps its own order.

        Rows without a target are dropped. Validation and test rows are drawn by ``seed``, stratified on the
        class, or else on the first sensitive column.

        Text is read first: a column in which at least 95 % of the cells are numbers (with thousands
        separators, percent signs, a currency, ...), durations or dates (in many languages; also quarters and
        weeks, as their first day) is one, and the other cells are missing; the
        decimal mark is decided for the whole table; spellings of a level that look the same are merged.

        Inputs: all columns but the target and the sensitive ones. Numbers are standardised with the mean
        and standard deviation of the training rows, missing and infinite ones filled with the training
        median; 0/1 columns stay 0/1. Dates become days. A category becomes 0/1 columns, one per level that
        the training rows have (one column for two levels); "missing" is a level. A text with more than 100
        levels is left out, or, with the kind "category", its rarest levels are joined to one.
        Columns that are constant on the training rows, copies of another column, sensitive columns in
        another coding, identifiers, free text and nested values are left out.

        A sensitive number with more than 10 distinct values makes two groups, cut at the training median.

        Args:
            frame: one row per example.
            target: the column to predict.
            sensitive: one or several columns whose groups are compared.
            roles: of single columns: "input" (also if it looks like an identifier), "target", "sensitive",
                "weight" (kept as ``sample_weight`` of each split), "split" (its levels say which rows are for
                training, validation and test; the shares and the seed are then not used), "id" or "ignore";
                or a kind, such as "category": an input of that kind.
            kinds: of single columns: "number", "category", "date", "text", or "yes/no", or, where the cells
                leave a doubt, "number with decimal comma", "number with decimal point", "date, day first",
                "date, month first" or "duration, minutes first". "number" also reads ranges (as their
                middle), fractions, names of months and days of the week, and codes such as 007.
            missing: values of single columns that count as missing, such as ``{"income": [-999]}``.
            merge: levels of single columns and the level that replaces them, such as
                ``{"sex": {"F": "female"}}``; an empty mapping merges none.
            task: "regression", "classification" or "count"; None: inferred from the target.
            validation, test: shares of the rows with a target; 0 for none.
            seed: of the split.
            include_sensitive: use the sensitive columns as inputs as well.
            standardise: False leaves numbers in their own units.
            baseline: leave out the most common level of each category, so that the columns are linearly
                independent of the intercept (for fits without a penalty).
            dtype: "float64", or "float32" for inputs in single precision, which take half the memory; a model
                is then fitted in single precision.
            sample_weight: the column of the rows' sample weights (survey weights, frequencies), which is
                then no input; or an array, one number for each row of ``frame``. At least 0, and not
                normalised: see :func:`fit`. Metrics, targets and gaps are weighted means. Inputs are
                standardised without weights.
            name, title, source, licence, description: for display.
            notes: initial notes, for example from reading the file.

        Returns:
            A data set whose rows keep their position in ``frame`` as id.

        Raises:
            DataError: no such column, no rows, one class or one group only, nothing to learn from, sample
                weights that are missing or negative, ...
            InvalidChoice: unknown task, role, kind or dtype, roles that clash, an invalid seed, or shares
                that leave no training rows.

        >>> import pandas as pd, afif_explorer as ax
        >>> rows = {"age": range(20, 60), "city": ["A", "B", "C", "D"] * 10, "paid": [0, 0, 1, 1, 1] * 8}
        >>> data = ax.Dataset.from_frame(pd.DataFrame(rows), target="paid", sensitive="city")
        >>> data.task, data.classes, data.sensitive
        ('classification', ('0', '1'), ('city',))
        """
        fields = fields_of(
            frame,
            target=target,
            sensitive=sensitive,
            options=ColumnOptions(roles=roles, kinds=kinds, missing=missing, merge=merge),
            task=task,
            divide=shares(validation, test, seed),
            name=name,
            title=title,
            include_sensitive=include_sensitive,
            standardise=standardise,
            baseline=baseline,
            dtype=dtype,
            sample_weight=sample_weight,
            notes=notes,
            source=source,
            licence=licence,
            description=description,
        )
        asked = (include_sensitive, standardise, baseline, dtype)
        if not (sample_weight is None or is_column(sample_weight)):
            return cls(**fields)  # arrays are not repeated as code
        made: dict[str, Any] = {"validation": validation, "test": test, "seed": seed}
        columns = {"roles": roles, "kinds": kinds, "missing": missing, "merge": merge}
        made |= {name: dict(given) for name, given in columns.items() if given is not None}
        made |= {
            name: choice
            for (name, usual), choice in zip(PREPARATION.items(), asked, strict=True)
            if choice != usual
        }
        made |= {} if sample_weight is None else {"sample_weight": sample_weight}
        return cls(**fields, made=made)

    @classmethod
    def from_arrays(
        cls,
        X: np.ndarray | spmatrix | sparray,
        y: np.ndarray,
        *,
        feature_names: Sequence[str] | None = None,
        target: str = "target",
        **options: Unpack[FrameOptions],
    ) -> Dataset:
        """:meth:`from_frame` for a matrix and a vector.

        A SciPy sparse matrix stays sparse, in its own units, for linear maps: ``task``, the splits and the
        texts apply to it, nothing else.

        Args:
            X: inputs ``[n, d]``.
            y: targets ``[n]``.
            feature_names: of the ``d`` columns; None: x1, x2, ...
            target: display name of ``y``.
            options: those of :meth:`from_frame`: ``sensitive`` (names of columns of ``X``), ``roles``,
                ``kinds``, ``missing``, ``merge``, ``task``,
                ``validation``, ``test``, ``seed``, ``include_sensitive``, ``standardise``, ``baseline``,
                ``dtype``, ``sample_weight``, ``name``, ``title``, ``source``, ``licence``, ``description``
                and ``notes``.

        Returns:
            A data set.

        Raises:
            DataError: for arrays of other shapes, and as :meth:`from_frame`.
            InvalidChoice: as :meth:`from_frame`.

        >>> import numpy as np, afif_explorer as ax
        >>> X = np.random.default_rng(0).normal(size=(100, 2))
        >>> ax.Dataset.from_arrays(X, X[:, 0] > 0, validation=0, test=0.5, name="signs")
        <Dataset 'signs': classification of 'target', 50 + 0 + 50 rows, d = 2>
        """
        check_options("Dataset.from_arrays", options, FrameOptions.__annotations__)
        if hasattr(X, "tocsr"):
            return cls(**sparse_fields(X, y, feature_names, target, options))
        return cls.from_frame(frame_of(X, y, feature_names, target), target=target, **options)
