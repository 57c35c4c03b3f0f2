"""Findings: what rules return, with the fix that each proposes; a table, and records of its rows.

A fix is data, not code: it names a record and what would change in it, so that it can be shown,
kept in a file, decided about by a person and applied to the columns by `labelaudit.auditing.fixes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias, overload

import numpy as np

from labelaudit.core.columns import TEXT, Floats, Objects, Rows, Selection, Texts
from labelaudit.core.later import later
from labelaudit.core.table import Table, column, rows_column
from labelaudit.core.text import counted
from labelaudit.dataset.arguments import kind_of
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""

OneRow: TypeAlias = int | np.integer[Any]

SomeRows: TypeAlias = Selection | Sequence[int] | Sequence[bool]

MOST_NAMED = 6
"""Rules that a line about findings names; a choice."""

AT_ONCE = 1024
"""Findings that are made records of at a time, while one goes over them."""


class Severity(IntEnum):
    """How bad a finding is."""

    INFO = 0  # worth knowing
    WARNING = 1  # very likely wrong
    ERROR = 2  # objectively broken: training may crash or be poisoned

    def __str__(self) -> str:
        return self.name.lower()


class Safety(StrEnum):
    """Whether a fix may be applied without a person looking at it."""

    SAFE = "safe"  # cannot lose information that a trainer could use
    UNSAFE = "unsafe"  # by --unsafe-fixes or a person's decision
    PROPOSED = "proposed"  # by a person's decision about this very finding alone


@dataclass(frozen=True)
class Fix:
    """One change to one record, or to one file."""

    kind: str  # of `auditing.fixes.KINDS`, which says what the values are
    safety: Safety
    part: RecordType
    row: int  # in the table of `part`; in Files for a transform, MISSING for one of all files
    values: Mapping[str, Any] = field(default_factory=dict)  # Any: of the kind

    @property
    def xyxy(self) -> Box | None:
        """The corners of its box afterwards, in pixels, where it gives it some."""
        if self.values.get("xyxy") is None:
            return None
        left, top, right, bottom = map(float, self.values["xyxy"])
        return left, top, right, bottom

    @property
    def label(self) -> int | None:
        """The row in Categories of its class afterwards, where it gives it one."""
        label = self.values.get("label")
        return None if label is None else int(label)


def drops(part: RecordType, rows: Iterable[int], safety: Safety) -> list[Fix]:
    """A fix for each row that removes it.

    Parameters
    ----------
    part:
        the table of the records.
    rows:
        (n,) in that table.
    safety:
        whether they may be applied without a person looking at them.
    """
    return [Fix("drop", safety, part, int(row)) for row in rows]


def moves(rows: Iterable[int], xyxy: Floats, safety: Safety) -> list[Fix]:
    """A fix for each box that gives it new corners, (n, 4) in pixels.

    Parameters
    ----------
    rows:
        (n,) in Boxes.
    xyxy:
        (n, 4) the new corners in pixels.
    safety:
        whether they may be applied without a person looking at them.
    """
    corners = xyxy.tolist()
    return [
        Fix("move", safety, RecordType.BOX, int(row), {"xyxy": box})
        for row, box in zip(rows, corners, strict=True)
    ]


def settings(
    part: RecordType, rows: Iterable[int], field: str, values: Iterable[Any], safety: Safety
) -> list[Fix]:
    """A fix for each row that sets one field of it.

    Parameters
    ----------
    part:
        the table of the records.
    rows:
        (n,) in that table.
    field:
        a column, or what the source calls it.
    values:
        (n,) the new ones.
    safety:
        whether they may be applied without a person looking at them.
    """
    return [
        Fix("set-field", safety, part, int(row), {"field": field, "value": value})
        for row, value in zip(rows, values, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of `Findings`, with what its row numbers stand for; None where there is nothing."""

    code: str  # of the rule: GEO001
    name: str  # of the rule: zero-area
    severity: Severity
    message: str
    image_name: str | None  # as the labels write it
    image_path: Path | None  # where the image was found
    source: str | None  # the label file, relative to the dataset's root
    class_name: str | None  # of the box, or the class that is wrong itself
    xyxy: Box | None  # left, top, right, bottom in pixels
    other_class_name: str | None
    other_xyxy: Box | None  # the box that it is compared with
    probability: float | None  # that the label is wrong
    doubt: float | None  # how strongly a model, or other annotators, doubt it
    fix: Fix | None
    proposed_class_name: str | None  # after the fix, where it says one
    proposed_xyxy: Box | None  # after the fix, where it says one; None: the box stays, or goes
    image: int | None  # row in Images
    box: int | None  # row in Boxes
    other: int | None  # row in Boxes

    def __str__(self) -> str:
        where = self.image_name or self.source or "the dataset"
        return f"{self.severity} {self.name} {self.code}: {where}: {self.message}"

    def _repr_html_(self) -> str:
        return str(_finding_html(self))


@dataclass(frozen=True, eq=False, repr=False)
class Findings(Table):
    """One row per finding. Row numbers point into the tables of the dataset that was audited.

    `findings[3]` and iteration give a `Finding`, with names instead of row numbers; a slice, a mask
    or row numbers in brackets give `Findings`. pandas, polars, DuckDB and pyarrow take them as they
    are, by Arrow's C stream interface.

    >>> import labelaudit
    >>> from labelaudit.testing import one_image
    >>> findings = labelaudit.audit(one_image("car 10 10 10 40", "bus 9 9 900 60"), select="GEO")
    >>> [(one.code, one.image_name, one.class_name, one.xyxy) for one in findings][0]
    ('GEO001', 'image.jpg', 'car', (10.0, 10.0, 10.0, 40.0))
    >>> findings[findings.severity == labelaudit.Severity.ERROR]
    <Findings: 1 error (GEO001 1)>
    """

    code: Texts = column(TEXT, fill="")  # (n,) of the rule: GEO001
    name: Texts = column(TEXT, fill="")  # (n,) of the rule: zero-area
    severity: Rows = column(np.uint8, fill=0)  # (n,) Severity
    file: Rows = rows_column()  # (n,) row in Files
    image: Rows = rows_column()  # (n,) row in Images
    box: Rows = rows_column()  # (n,) row in Boxes: the one that is wrong
    other: Rows = rows_column()  # (n,) row in Boxes: the one it is compared with
    category: Rows = rows_column()  # (n,) row in Categories, where the class itself is wrong
    problem: Rows = rows_column()  # (n,) row in LoadProblems
    message: Texts = column(TEXT, fill="")  # (n,) with the numbers that are the evidence
    probability: Floats = column(
        np.float64, fill=np.nan
    )  # (n,) that the label is wrong; NaN: no model, or one that knows no probabilities
    # (n,) how strongly a model, or other annotators, doubt the label, in [0, 1], to rank by where
    # no probability is known
    doubt: Floats = column(np.float64, fill=np.nan)
    fix: Objects = column(object, fill=None)  # (n,) Fix or None
    # (n,) Explained of a finding that names the cause of others, or None
    explains: Objects = column(object, fill=None)
    # (n,) Affected of a finding about many labels, or None: it is about its own box or image
    affects: Objects = column(object, fill=None)
    # that was audited, by which rows have names; None: findings of nobody's dataset
    dataset: Dataset | None = None

    def __repr__(self) -> str:
        severities = Counter(self.severity.tolist())
        severe = [one for one in sorted(Severity)[::-1] if severities[one]]
        counts = [counted(severities[one], str(one)) for one in severe]
        rules = Counter(self.code.tolist()).most_common()
        named = ", ".join(f"{code} {count:,}" for code, count in rules[:MOST_NAMED])
        more = f", {len(rules) - MOST_NAMED:,} more rules" if len(rules) > MOST_NAMED else ""
        return f"<Findings: {', '.join(counts)} ({named}{more})>" if counts else "<Findings: none>"

    @overload
    def __getitem__(self, which: OneRow) -> Finding: ...

    @overload
    def __getitem__(self, which: SomeRows) -> Self: ...

    def __getitem__(self, which: OneRow | SomeRows) -> Finding | Self:
        """The finding in a row, or those in a slice, under a mask, in rows."""
        if isinstance(which, int | np.integer) and not isinstance(which, bool):
            if not -len(self) <= which < len(self):
                raise IndexError(f"finding {which} of {len(self):,}")
            one = int(which) % len(self)
            return next(iter(self.rows(slice(one, one + 1))))
        return self.rows(which if isinstance(which, slice) else _selection(which, len(self)))

    def __iter__(self) -> Iterator[Finding]:
        """The findings as records, some of them at a time."""
        for start in range(0, len(self), AT_ONCE):
            some: Iterator[Finding] = _records(self.rows(slice(start, start + AT_ONCE)))
            yield from some

    def filter(
        self,
        select: str | Iterable[str] = "ALL",
        *,
        ignore: str | Iterable[str] = (),
        min_severity: Severity | str = Severity.INFO,
        images: str | Iterable[str] | None = None,
        classes: str | Iterable[str] | None = None,
        splits: str | Iterable[str] | None = None,
        fix: Safety | str | None = None,
    ) -> Findings:
        """The findings that are all of this, in their order.

        Parameters
        ----------
        select, ignore:
            codes of rules, the beginning of codes, names, or ALL.
        min_severity:
            the mildest: `info`, `warning` or `error`.
        images:
            names of images as the labels write them, or patterns: `day1/*.jpg`.
        classes:
            names of classes of boxes, or of classes that are wrong themselves.
        splits:
            names of splits that the image is in.
        fix:
            `safe` or `unsafe`: those with such a fix; `any`: those with one.

        Raises
        ------
        UnknownNameError
            if there is no rule, image, class or split of a name.
        """
        wanted = _filtered(
            self,
            select=select,
            ignore=ignore,
            min_severity=min_severity,
            images=images,
            classes=classes,
            splits=splits,
            fix=fix,
        )
        return self.rows(wanted)

    def sort(self, by: str, *, descending: bool = False) -> Findings:
        """The findings in the order of a column, equal ones as they stand.

        Parameters
        ----------
        by:
            a column: `severity`, `code`, `probability`, `doubt`, ..., or `image_name`,
            `class_name`, `expected_value`.
        descending:
            the largest first. What has no value comes last either way.

        Raises
        ------
        UnknownNameError
            if there is no such column.
        """
        return self.rows(_sorted(self, by, descending=descending))

    def plot(self, most: int = 9, *, columns: int = 3, width: float = 3.2) -> list[Axes]:
        """Draw the first findings on their images, as they are and as their fixes would have them.

        Parameters
        ----------
        most:
            how many.
        columns:
            how many side by side.
        width:
            of one, in inches.

        Returns
        -------
        list[Axes]
            matplotlib's, one for each finding.

        Raises
        ------
        ConfigError
            if matplotlib is not installed.
        """
        drawn: list[Axes] = _plot(self, most, columns=columns, width=width)
        return drawn

    def _repr_html_(self) -> str:
        return str(_html(self))

    def __arrow_c_schema__(self) -> object:
        """What the columns of the stream are, as Arrow's C data interface has it."""
        schema: object = _arrow_schema(self)
        return schema

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The findings as a stream of record batches; each is made when it is asked for."""
        stream: object = _arrow_stream(self)
        return stream

    @property
    def model_doubt(self) -> Floats:
        """How strongly a model, or others, doubt each label, (n,), to rank by; NaN: nobody said."""
        return np.where(np.isnan(self.doubt), self.probability, self.doubt)


_records = later("labelaudit.auditing.finding_views.records", "records")
_filtered = later("labelaudit.auditing.finding_views.choice", "filtered")
_sorted = later("labelaudit.auditing.finding_views.choice", "ordered")
_arrow_schema = later("labelaudit.auditing.finding_views.arrow", "schema")
_arrow_stream = later("labelaudit.auditing.finding_views.arrow", "stream")
_html = later("labelaudit.notebook.findings_html", "findings_html")
_finding_html = later("labelaudit.notebook.findings_html", "finding_html")
_plot = later("labelaudit.notebook.plot", "plot_findings")


def _selection(which: object, count: int) -> Selection:
    """A mask or row numbers of findings, from what stood in brackets."""
    rows = np.asarray(which)
    if rows.dtype == object or rows.dtype.kind not in "biu":
        if not rows.size:
            return np.empty(0, np.int64)
        raise ArgumentError(
            "findings[...] takes a row number, a slice, a mask or row numbers, not "
            f"{kind_of(which)}; findings.filter('DUP', images='a.jpg') chooses by what they say"
        )
    if rows.dtype == bool and rows.shape != (count,):
        raise IndexError(f"a mask of {rows.shape} for {count:,} findings")
    return rows
