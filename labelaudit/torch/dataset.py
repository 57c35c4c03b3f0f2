"""A dataset for torchvision-style training, from any labels that are read."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, SupportsIndex

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset
from torchvision import tv_tensors

from labelaudit.core.columns import Ints
from labelaudit.core.text import counted
from labelaudit.dataset.arguments import each
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.shapes import Shape
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.io.load import PathLike
from labelaudit.pipeline.source import Source, opened
from labelaudit.review.queue.store import Queue
from labelaudit.torch.batches import Sample
from labelaudit.torch.box_labels import BoxLabels
from labelaudit.torch.choices import Handling, TrainingChoices, training_boxes
from labelaudit.torch.image_files import ImageReadError, image_files, picture
from labelaudit.torch.masks import drawn_masks, has_mask, read_shapes, turned_boxes
from labelaudit.torch.trained_labels import Evidence, LabelWeights, trained_labels

PER_BOX = ("area", "iscrowd", "weights")
"""What a target holds of each box beside its corners, its class and its mask."""


class DetectionDataset(TorchDataset[Sample]):
    """Images with their boxes, as torchvision's detection references expect them.

    A sample is a PIL image and its target: `boxes` (n, 4) float32, tv_tensors in XYXY pixels;
    `labels` (n,) int64 from 1, in the order of `classes`; `image_id`; `area` (n,) float32;
    `iscrowd` (n,) int64; `weights` (n,) float32, the part that each label has in a loss; `masks`
    (n, h, w) uint8 on request. Without boxes, n is 0. Files are never changed.

    Everything is decided when it is made, before the first epoch, and said in `notes`: images that
    are missing, boxes that cannot be learned, classes without a box. It draws nothing at random,
    can be pickled, and is read by any number of workers, forked or spawned.

    Parameters
    ----------
    source:
        a path as `labelaudit.load` takes it, what a COCO file holds, or a dataset.
    transforms:
        a function of image and target, of torchvision's transforms v2 say. Boxes that it removes
        lose their labels, areas, crowds, masks and weights.
    images:
        folders to look for images in; beside the labels if absent.
    split:
        whose images are taken, one of the dataset's splits; all if absent.
    classes:
        names in the order of their numbers; those of the labels, in order of appearance, if absent.
        A validation set takes `train.classes`. Boxes of other classes are left out.
    queue:
        a review queue whose accepted fixes are done on the fly, or the file or the URL of one.
    min_probability:
        open findings of the queue that are held for at least so probable count as accepted.
    label_weights:
        `keep`: all labels weigh 1. `weight`: each weighs the probability that it is right. `drop`:
        those below .5 are left out. See docs/training-pipelines.md for what weights do in a loss.
    findings:
        what labels are weighed by: findings about them as they are loaded, a fix list, or what
        `labelaudit.by_detector` says; the open findings of the queue if absent.
    crowds, difficult:
        what becomes of such boxes: `keep`, `ignore` (weight 0) or `drop`. Torchvision's references
        drop crowds and know nothing of difficult boxes.
    invalid:
        boxes without an inside, outside of their image, that are not finite, or of no class:
        `drop` or `raise`.
    empty:
        images without a box: `keep` or `drop`.
    unreadable:
        images that are missing or broken: `raise`, which names them, or `skip`. One that turns out
        to be broken while training is replaced by the next that is not, and is then in `skipped`.
    masks:
        whether targets have masks; a box without one is then invalid.

    Raises
    ------
    ConfigError
        if nothing can be trained on, or what may not be is there.
    FixError
        if the queue, or a fix list, is of another dataset.

    >>> from labelaudit.torch.dataset import DetectionDataset
    >>> dataset = DetectionDataset("examples/bccd", split="train")
    >>> image, target = dataset[0]
    >>> image.size, tuple(target["boxes"].shape), target["labels"].unique().tolist()
    ((640, 480), (23, 4), [1, 2, 3])
    >>> dataset.classes
    ('Platelets', 'WBC', 'RBC')
    """

    def __init__(  # noqa: PLR0913  # choices about one dataset, by name
        self,
        source: Source,
        transforms: Callable[..., Any] | None = None,  # Any: whatever it makes of a sample
        *,
        images: PathLike | Sequence[PathLike] = (),
        split: str | None = None,
        classes: str | Sequence[str] | None = None,
        queue: PathLike | Queue | None = None,
        min_probability: float = np.inf,
        label_weights: LabelWeights = "keep",
        findings: Evidence | None = None,
        crowds: Handling = "drop",
        difficult: Handling = "ignore",
        invalid: Literal["drop", "raise"] = "drop",
        empty: Literal["keep", "drop"] = "keep",
        unreadable: Literal["raise", "skip"] = "raise",
        masks: bool = False,
    ) -> None:
        choices = TrainingChoices(crowds, difficult, invalid, empty, unreadable)
        shaped: Mapping[int, Shape] = {}
        with opened(source, images=images) as loaded:
            if masks:
                shaped = read_shapes(loaded)
            labels = trained_labels(
                loaded,
                queue=queue,
                min_probability=min_probability,
                how=label_weights,
                evidence=findings,
            )
        dataset = labels.dataset
        files = image_files(dataset)
        names = DatasetColumns(dataset).classes if classes is None else each(classes)
        masked = None
        if masks:
            masked = has_mask(shaped, labels.loaded_row, turned_boxes(dataset, files))
        boxes = training_boxes(labels, files, choices, split=split, classes=names, masked=masked)
        self.classes = tuple(names)
        """Names of classes; the number of the first is 1, and a detector has one more class."""
        self.notes = (*labels.notes, *boxes.notes)
        """What was left out, fixed or weighed, a line each."""
        self.transforms = transforms
        self._boxes = boxes
        self._path = files.path[boxes.image]
        self._turn = files.turn[boxes.image]
        self._size = files.size[boxes.image]
        self._image_id = image_ids(dataset, boxes.image)
        kept = labels.loaded_row[boxes.box].tolist()
        self._shapes = [shaped[row] for row in kept] if masks else None
        # A flag for each image, in memory that workers share: to set one twice harms nothing.
        self._broken = _shared_flags(len(boxes.image)) if unreadable == "skip" else None

    def __len__(self) -> int:
        return len(self._boxes.image)

    def __setstate__(self, state: dict[str, Any]) -> None:  # Any: what it is made of
        """A copy, whose workers share memory with it, too."""
        self.__dict__.update(state)
        if self._broken is not None:
            self._broken.share_memory_()  # type: ignore[no-untyped-call]  # torch has no type for it

    def __repr__(self) -> str:
        counts = (
            f"{counted(len(self), 'image')}, {counted(len(self._boxes.box), 'box', 'boxes')}, "
            f"{counted(len(self.classes), 'class', 'classes')}"
        )
        return "\n    ".join([f"DetectionDataset: {counts}", *self.notes])

    def __getitem__(self, index: SupportsIndex) -> Sample:
        """The image and the target in a place, after the transforms.

        Raises
        ------
        IndexError
            if there is no such place.
        ImageReadError
            if the image cannot be read, and is not to be skipped.
        """
        place = range(len(self))[operator.index(index)]
        place, image = self._read(place)
        target = self._target(place)
        if self.transforms is None:
            return image, target
        sample: Sample = _with_consistent_boxes(self.transforms, image, target)
        return sample

    def get_height_and_width(self, index: int) -> tuple[int, int]:
        """Of an image, without reading it: torchvision's references group images by aspect."""
        width, height = self._size[index].tolist()
        return int(height), int(width)

    @property
    def skipped(self) -> list[str]:
        """The images that turned out to be broken while training, in whichever worker."""
        if self._broken is None:
            return []
        return [str(self._path[row]) for row in np.flatnonzero(self._broken.numpy()).tolist()]

    def coco_labels(self) -> dict[str, Any]:  # Any: what a COCO file holds
        """What is in the targets as a COCO dictionary, for pycocotools to compare detections with.

        Categories have the numbers of the targets' labels, images their `image_id`. Boxes of weight
        0 are crowds, which no detection is counted wrong for.
        """
        boxes = self._boxes
        sample = np.repeat(np.arange(len(self)), np.diff(boxes.start))
        corners = boxes.xyxy.astype(np.float64)
        xywh = np.column_stack([corners[:, :2], corners[:, 2:] - corners[:, :2]]).tolist()
        crowd = (boxes.crowd > 0) | (boxes.weight == 0)
        columns = (self._image_id[sample], boxes.label, boxes.area.astype(np.float64), crowd)
        rows = zip(xywh, *(column.tolist() for column in columns), strict=True)
        images = zip(self._image_id.tolist(), self._path.tolist(), self._size.tolist(), strict=True)
        return {
            "images": [
                {"id": image, "file_name": path, "width": int(size[0]), "height": int(size[1])}
                for image, path, size in images
            ],
            "annotations": [
                {
                    "id": number,
                    "image_id": image,
                    "category_id": label,
                    "bbox": box,
                    "area": area,
                    "iscrowd": int(is_crowd),
                }
                for number, (box, image, label, area, is_crowd) in enumerate(rows, 1)
            ],
            "categories": [
                {"id": number, "name": name} for number, name in enumerate(self.classes, 1)
            ],
        }

    def _read(self, place: int) -> tuple[int, Image.Image]:
        """The image in a place, or in the next one that can be read, and that place."""
        for step in range(len(self)):
            here = (place + step) % len(self)
            if self._broken is not None and self._broken[here]:
                continue
            try:
                return here, self._picture(here)
            except ImageReadError:
                if self._broken is None:
                    raise
                self._broken[here] = 1
        raise ImageReadError("none of the images can be read while training")

    def _picture(self, place: int) -> Image.Image:
        path = str(self._path[place])
        image = picture(path, int(self._turn[place]))
        if image.size != tuple(self._size[place].tolist()):
            raise ImageReadError(
                f"{path}: {image.width} x {image.height} px, and of another size when the dataset "
                "was made: the file has changed since"
            )
        return image

    def _target(self, place: int) -> dict[str, Any]:  # Any: tensors and a number
        """What is in an image; tensors are copies, which transforms may write to."""
        boxes = self._boxes
        here = slice(int(boxes.start[place]), int(boxes.start[place + 1]))
        size = self.get_height_and_width(place)
        target: dict[str, Any] = {
            "boxes": tv_tensors.BoundingBoxes(
                torch.from_numpy(boxes.xyxy[here].copy()), format="XYXY", canvas_size=size
            ),
            "labels": torch.from_numpy(boxes.label[here].copy()),
            "image_id": int(self._image_id[place]),
            "area": torch.from_numpy(boxes.area[here].copy()),
            "iscrowd": torch.from_numpy(boxes.crowd[here].copy()),
            "weights": torch.from_numpy(boxes.weight[here].copy()),
        }
        if self._shapes is not None:
            target["masks"] = tv_tensors.Mask(drawn_masks(self._shapes[here], size))
        return target


def _shared_flags(count: int) -> Tensor:
    """Flags that are down, (n,) uint8, in memory that processes share."""
    flags = torch.zeros(count, dtype=torch.uint8)
    flags.share_memory_()  # type: ignore[no-untyped-call]  # torch has no type for it
    return flags


def image_ids(dataset: Dataset, image: Ints) -> Ints:
    """A number for each of some images, (m,): its id if all have whole ones, and each its own.

    Else the rows of the images in the dataset.
    """
    ids = dataset.images.id[image]
    is_plain = not ids.odd and bool(ids.given.all())
    own = is_plain and len(np.unique(ids.number)) == len(image)
    return ids.number if own else image


def _with_consistent_boxes(
    transforms: Callable[..., Any], image: Any, target: dict[str, Any]
) -> Any:  # Any: whatever the transforms make of them
    """A sample after transforms, its values of boxes being those of the boxes that are left.

    Parameters
    ----------
    transforms: of an image and a target.
    image: as it was read.
    target: of the image.
    """
    count = len(target["labels"])
    target["labels"] = BoxLabels.of(target["labels"])
    values = {name: target[name] for name in PER_BOX}
    sample = transforms(image, target)
    if not (isinstance(sample, tuple) and len(sample) == 2 and isinstance(sample[1], dict)):
        return sample
    after = sample[1]
    labels = after.get("labels")
    untouched = [name for name, value in values.items() if after.get(name) is value]
    boxes_left = len(after.get("boxes", ()))
    if isinstance(labels, BoxLabels):
        if boxes_left != len(labels):
            raise ConfigError(
                f"a transform left {boxes_left} of {count} boxes and {len(labels)} labels, so that "
                "nobody knows whose these are: let it index the labels, too (with the default "
                "labels_getter, SanitizeBoundingBoxes does)"
            )
        after["labels"] = labels.as_subclass(torch.Tensor)
        if not torch.equal(labels.rows, torch.arange(count)):
            for name in untouched:
                after[name] = values[name][labels.rows]
    elif untouched and boxes_left != count:
        raise ConfigError(
            f"a transform replaced the labels and left {boxes_left} of "
            f"{count} boxes, so that nobody knows whose {', '.join(untouched)} are left: let it "
            "index these, too, or the labels alone"
        )
    return sample
