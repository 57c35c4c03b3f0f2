"""Class numbers that remember their boxes, so that transforms may remove some of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

_COPIES = (
    *(torch.Tensor.clone, torch.Tensor.detach, torch.Tensor.contiguous),
    *(torch.Tensor.to, torch.Tensor.long),
)
"""What makes the same labels anew."""


class BoxLabels(torch.Tensor):
    """The classes of the boxes of an image, (n,) int64, and the row that each had at first.

    Transforms that remove boxes (`SanitizeBoundingBoxes`) remove their labels by indexing, and know
    of no other values of a box. What was left of `rows` says which of those belong to the rest.
    """

    rows: torch.Tensor  # (n,) int64

    @classmethod
    def of(cls, labels: torch.Tensor) -> BoxLabels:
        """Labels, each in its row."""
        return cls._in_rows(labels, torch.arange(len(labels)))

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # Any: whatever torch returns
        """Plain tensors from all that torch does with labels; indexing takes the rows along."""
        with torch._C.DisableTorchFunctionSubclass():
            result = func(*args, **(kwargs or {}))
            plain = result.as_subclass(torch.Tensor) if isinstance(result, cls) else result
            if not args or not isinstance(args[0], cls):
                return plain
            if func in _COPIES:
                rows = args[0].rows
            elif func is torch.Tensor.__getitem__:
                rows = args[0].rows[args[1]]
            else:
                return plain
        return cls._in_rows(plain, rows) if rows.ndim == 1 else plain

    def __deepcopy__(self, _memo: dict[int, Any]) -> BoxLabels:
        """Labels of their own, of the same rows."""
        return self._in_rows(self.as_subclass(torch.Tensor).clone(), self.rows.clone())

    @classmethod
    def _in_rows(cls, labels: torch.Tensor, rows: torch.Tensor) -> BoxLabels:
        marked = labels.as_subclass(cls)
        marked.rows = rows
        return marked
