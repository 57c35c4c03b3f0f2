"""Datasets for training loops in torch: any labels that are read, as torchvision expects them.

>>> from labelaudit.torch import DetectionDataset, collate
>>> dataset = DetectionDataset("examples/bccd", split="train")
>>> image, target = dataset[0]
>>> sorted(target)
['area', 'boxes', 'image_id', 'iscrowd', 'labels', 'weights']
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from labelaudit.core.extras import check_installed

if TYPE_CHECKING:
    from labelaudit.torch.batches import collate
    from labelaudit.torch.dataset import DetectionDataset
    from labelaudit.torch.weighted_losses import weigh_labels, weighted_mean

__all__ = ["DetectionDataset", "collate", "weigh_labels", "weighted_mean"]

_HOMES = {
    "DetectionDataset": "dataset",
    "collate": "batches",
    "weigh_labels": "weighted_losses",
    "weighted_mean": "weighted_losses",
}

NEEDED = ("torch", "torchvision")
"""Packages that this one is nothing without."""


if not TYPE_CHECKING:  # a type checker would take any name for known

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used, if what it needs is installed."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        check_installed(NEEDED, "labelaudit.torch", "torch")
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
