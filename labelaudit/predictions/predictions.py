"""What a detector saw: the boxes it predicts, whoever trained it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import Floats, Rows, Selection

Scores: TypeAlias = NDArray[np.float32]


def check_shapes(
    rows: str, columns: Mapping[str, NDArray[Any]], row_shapes: Mapping[str, tuple[int, ...]]
) -> None:
    """Nothing, if all columns have as many rows as the first, each of its shape.

    Parameters
    ----------
    rows:
        what they are, in words: "3 predictions".
    columns:
        by name.
    row_shapes:
        of those columns that have more than one number a row.

    Raises
    ------
    ValueError
        that names the first column of another shape.
    """
    count = len(next(iter(columns.values())))
    for name, values in columns.items():
        if values.shape != (count, *row_shapes.get(name, ())):
            raise ValueError(f"{name} of {rows} cannot be an array of shape {values.shape}")


@dataclass(frozen=True)
class Predictions:
    """One row per predicted object."""

    image: Rows  # (n,) row in Images
    label: Rows  # (n,) index in `DatasetColumns.classes`: the distinct class names of the dataset
    xyxy: Floats  # (n, 4) left, top, right, bottom in pixels of the image
    score: Floats  # (n,) in [0, 1], how sure the detector is
    # (n, c) score of every class; (n, 0) where the detector says only the best one
    class_scores: Scores

    def __post_init__(self) -> None:
        classes = self.class_scores.shape[-1:]
        check_shapes(
            f"{len(self):,} predictions", vars(self), {"xyxy": (4,), "class_scores": classes}
        )

    def __len__(self) -> int:
        return len(self.image)

    @classmethod
    def of(
        cls,
        image: Sequence[int] | Rows,
        label: Sequence[int] | Rows,
        xyxy: Floats,
        score: Sequence[float] | Floats,
        class_scores: Scores | None = None,
    ) -> Self:
        """Predictions from columns of any numeric type.

        Parameters
        ----------
        image, label:
            (n,) row in Images; index in `DatasetColumns.classes`.
        xyxy:
            (n, 4) corners in pixels of the image.
        score:
            (n,) in [0, 1].
        class_scores:
            (n, c) scores of every class, if the detector says them.

        Raises
        ------
        ValueError
            if a column has another shape.
        """
        count = len(image)
        scores = np.zeros((count, 0), np.float32) if class_scores is None else class_scores
        return cls(
            np.asarray(image, np.int32),
            np.asarray(label, np.int32),
            np.asarray(xyxy, np.float64).reshape((-1, 4) if np.size(xyxy) == 0 else np.shape(xyxy)),
            np.asarray(score, np.float64),
            np.asarray(scores, np.float32),
        )

    @classmethod
    def empty(cls, classes: int = 0) -> Self:
        """No predictions, of a detector that scores so many classes."""
        return cls.of([], [], np.zeros((0, 4)), [], np.zeros((0, classes), np.float32))

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """The rows of all `parts`, in order; they must score equally many classes."""
        columns = [field.name for field in dataclasses.fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))

    def rows(self, which: Selection) -> Self:
        """The rows in `which`: a mask, row numbers or a slice."""
        return type(self)(*(values[which] for values in vars(self).values()))
