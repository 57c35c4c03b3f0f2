"""What several rules need to know of a dataset, worked out once.

What looks at images, or at them as a network sees them, is imported where a rule first asks for it:
labels alone are audited without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.auditing.duplicates.duplicate_boxes import (
    CrowdedDuplicates,
    coinciding,
    crowded_duplicates,
    exact_keepers,
    information,
    keepers,
    pairs_of,
)
from labelaudit.auditing.duplicates.twins import distinct_twins
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.auditing.needs import Need, PixelPolicy, lacking
from labelaudit.auditing.sources.box_sources import BoxSources, sources, unsaid
from labelaudit.auditing.sources.times import times
from labelaudit.boxes.orientations import ON_ITS_SIDE
from labelaudit.boxes.pairs import Pairs, overlapping_pairs
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows, texts
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.core.shared import shared
from labelaudit.dataset.arguments import check_dataset
from labelaudit.dataset.class_hierarchy import NO_HIERARCHY, ClassHierarchy
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.groups import Partition, made_by_hand, made_by_size
from labelaudit.dataset.tables import Dataset, Headers

if TYPE_CHECKING:
    from labelaudit.images.appearance import Appearance
    from labelaudit.images.duplicates.pairs import NearDuplicates, NearFrames, NearPairs
    from labelaudit.images.identical import IdenticalImages
    from labelaudit.images.recordings import Recordings
    from labelaudit.network.settings import NetworkSettings
    from labelaudit.network.view import NetworkView

LEAST_SIMILAR = 0.95
"""Correlation of pixels from which on two images surely show one scene; a choice: what does in BCCD
is above .96, what does not in the playing cards below .90."""


class AuditContext:
    """A dataset with everything that more than one rule works out from it."""

    def __init__(
        self,
        dataset: Dataset,
        label_issues: LabelIssues | None = None,
        *,
        hierarchy: ClassHierarchy = NO_HIERARCHY,
        network: NetworkSettings | None = None,
        pixels: PixelPolicy = PixelPolicy.AUTO,
        by: Sequence[str] = (),
        progress: StageProgress = ignore_progress,
    ) -> None:
        check_dataset(dataset, "AuditContext()")
        self.dataset = dataset
        self.derived = DatasetColumns(dataset)
        """Classes, image sizes, and which boxes count."""
        self.label_issues = label_issues
        """What a model makes of the labels; None where no model was asked."""
        self.hierarchy = hierarchy
        """Which classes are kinds of others, by the configuration."""
        self.network = network
        """What the labels are for; None where no network was named."""
        self.gathered: dict[str, Any] = {}
        """What there is in all shards, where the dataset is one of them; see `Gathering`."""
        self._pixels = pixels
        self._by = by
        self._progress = progress

    def are_related(self, first: Ints | Rows, second: Ints | Rows) -> Bools:
        """In which pairs of classes, (n,) in `derived.classes`, one is a kind of the other, (n,).

        A box of each on one object is no conflict: an animal may be a cat, too.
        """
        return self.hierarchy.are_related(self.derived.classes, first, second)

    @shared
    def network_view(self) -> NetworkView:
        """What the network sees of the boxes. Raises ValueError where none was named."""
        if self.network is None:
            raise ValueError("no network was named")
        from labelaudit.network.view import network_view  # noqa: PLC0415  # see above

        return network_view(self.derived, self.network, self.keeper == np.arange(len(self.keeper)))

    @shared
    def lacking(self) -> Mapping[Need, str]:
        """What there is nothing of to look at, and why, in words."""
        known = lacking(self.dataset, self.label_issues, self.network, pixels=self._pixels)
        timed = self.times is not None
        return {**known, **unsaid(self.dataset, self.sources, self.label_issues, timed=timed)}

    @shared
    def sources(self) -> BoxSources | None:
        """Boxes by who drew them; None if nothing says that, or all are of one."""
        return sources(self.dataset, self._by)

    @shared
    def times(self) -> Floats | None:
        """When each box was drawn, (b,), in seconds since 1970; None if nothing says that."""
        return times(self.dataset)

    @shared
    def made_by_hand(self) -> Sequence[Partition]:
        """Images by split, by folder and by source file, where there are several."""
        return list(made_by_hand(self.dataset))

    @shared
    def partitions(self) -> Sequence[Partition]:
        """The same, and by orientation and by size."""
        return [*self.made_by_hand, *made_by_size(self.dataset)]

    @shared
    def information(self) -> Ints:
        """How much each record says beside its box, (n,): which of several duplicates to keep."""
        return information(self.dataset)

    @shared
    def exact_keeper(self) -> Rows:
        """The best box with exactly the corners and the class of each, (n,): mostly itself."""
        compared = self.derived.in_range & self.derived.is_evaluated & ~self._in_doubtful_images
        group = self._image_and_class(compared)
        return exact_keepers(self.dataset.boxes, group, self.information)

    def _image_and_class(self, which: Bools) -> Ints:
        """A number for each image and class, (n,); negative without an image or outside `which`."""
        number = self.dataset.boxes.image.astype(np.int64)
        number *= len(self.derived.classes) + 1
        number += self.derived.box_class
        number += 1
        number[~which] = MISSING
        return number

    @shared
    def _compared(self) -> Bools:
        """Which boxes are compared with others, (n,): of exact duplicates only the keeper."""
        single = self.exact_keeper == np.arange(len(self.exact_keeper))
        compared: Bools = (
            self.derived.is_valid & self.derived.in_range & self.derived.is_evaluated & single
        )
        return compared & ~self._in_doubtful_images

    @shared
    def doubtful_images(self) -> Bools:
        """Which images may be several, (n,): another record of their file has their id.

        Nobody can tell which of them a box is in, so that no two boxes are compared. Two records of
        one file on disk are one image all the same.
        """
        images = self.dataset.images
        first = images.id.first(images.file)
        repeated = np.flatnonzero(first != np.arange(len(first)))
        paths = images.path
        apart = repeated[(paths[repeated] == "") | (paths[repeated] != paths[first[repeated]])]
        doubtful = np.zeros(len(images), bool)
        doubtful[np.isin(first, first[apart])] = True
        return doubtful

    @shared
    def _in_doubtful_images(self) -> Bools:
        """Which boxes are in images that may be several, (n,)."""
        return np.append(self.doubtful_images, False)[self.dataset.boxes.image]

    @shared
    def crowded_duplicates(self) -> CrowdedDuplicates:
        """Boxes among so many near duplicates that pairs of them would fill the memory."""
        group = self._image_and_class(self._compared & (self.derived.box_class != MISSING))
        return crowded_duplicates(self.dataset, group, self.information)

    @shared
    def pairs(self) -> Pairs:
        """Pairs of boxes in one image of which one covers at least half of the other.

        Only boxes that are valid, in range and evaluated; of exact and of crowded duplicates only
        the keeper: a thousand copies of one box are no half million pairs.
        """
        compared = self._compared.copy()
        compared[self.crowded_duplicates.box] = False
        group = np.where(compared, self.dataset.boxes.image, MISSING)
        return overlapping_pairs(self.dataset.boxes.xyxy, group, min_inside=0.5)

    @shared
    def keeper(self) -> Rows:
        """The box that each is a duplicate of, in class and but for rounding in corners, (n,)."""
        found = keepers(
            self.dataset, self.exact_keeper, self.pairs, self.derived.box_class, self.information
        )
        box, by = self.crowded_duplicates.box, self.crowded_duplicates.by
        same = coinciding(self.dataset.boxes, pairs_of(self.dataset.boxes, box, by))
        stands_for = np.arange(len(found), dtype=np.int32)
        stands_for[box[same]] = by[same]
        return stands_for[found]

    @shared
    def distinct_pairs(self) -> Pairs:
        """The `pairs` of which neither box is a duplicate of another."""
        single = self.keeper == np.arange(len(self.keeper))
        return self.pairs.rows(single[self.pairs.first] & single[self.pairs.second])

    @shared
    def one_class_pairs(self) -> Pairs:
        """The `distinct_pairs` of two boxes of one known class."""
        pairs, label = self.distinct_pairs, self.derived.box_class
        known = label[pairs.first] != MISSING
        return pairs.rows(known & (label[pairs.first] == label[pairs.second]))

    @shared
    def sides_exchanged(self) -> Bools:
        """Which images are as wide as their labels say they are high, and as high as wide, (n,).

        None without image files at hand, and none that EXIF turns when it is opened.
        """
        stated = self.dataset.images.size
        if not self.dataset.image_folders:
            return np.zeros(len(stated), bool)
        true, lies = self.headers.size, self.headers.orientation >= ON_ITS_SIDE
        exchanged: Bools = (true == stated[:, ::-1]).all(axis=1) & (true != stated).all(axis=1)
        return exchanged & ~lies & ~self.dataset.images.assumed

    @shared
    def headers(self) -> Headers:
        """The header of each image that was found on disk, one row per image."""
        from labelaudit.images.headers import headers_of  # noqa: PLC0415  # see above

        return headers_of(self.dataset)

    @shared
    def identical_images(self) -> IdenticalImages:
        """Which images are of the same bytes; those whose headers cannot be read are on their own.

        That a picture is broken is said of each.
        """
        from labelaudit.images.identical import identical  # noqa: PLC0415  # see above

        paths = self.dataset.images.path
        if not any(paths.tolist()):
            return identical(paths, Headers.empty())
        each = zip(paths.tolist(), self.headers.error.tolist(), strict=True)
        return identical(texts("" if error else path for path, error in each), self.headers)

    @shared
    def twins(self) -> list[Ints]:
        """The images of the same bytes, group by group; see `distinct_twins`."""
        return distinct_twins(self.dataset.images, self.identical_images.group)

    @shared
    def appearance(self) -> Appearance:
        """What each image looks like, one row per image; none was seen where none is decoded."""
        from labelaudit.images.appearance import Appearance, appearances  # noqa: PLC0415  # see above

        if Need.DECODED_IMAGES in self.lacking:
            return Appearance.of(len(self.dataset.images))
        return appearances(self.dataset.images.path, self.headers, progress=self._progress)

    @shared
    def _near_pairs(self) -> NearPairs:
        """Images that show the same, and the same scene; none where no image is decoded."""
        from labelaudit.images.duplicates.pairs import near_pairs  # noqa: PLC0415  # see above

        return near_pairs(
            self.dataset.images.path, self.appearance, self.headers.size, progress=self._progress
        )

    @property
    def near_duplicates(self) -> NearDuplicates:
        """Images that show the same in other bytes; none where no image is decoded."""
        return self._near_pairs.copies

    @property
    def near_frames(self) -> NearFrames:
        """Images of one scene that are no copies, as frames of a video; none likewise."""
        return self._near_pairs.frames

    @shared
    def one_scene(self) -> NearFrames:
        """Those of `near_frames` that surely show one scene, two of them being enough."""
        from labelaudit.images.recordings import of_one_scene  # noqa: PLC0415  # see above

        frames = self.near_frames.rows(self.near_frames.similarity >= LEAST_SIMILAR)
        pairs = np.stack([frames.first, frames.second], axis=1).astype(np.int64)
        return frames.rows(of_one_scene(self.dataset.images.name, self.appearance, pairs))

    @shared
    def recordings(self) -> Recordings:
        """Images that are frames of one recording; by folders alone where no image is decoded."""
        from labelaudit.images.recordings import recordings  # noqa: PLC0415  # see above

        seen = None if Need.DECODED_IMAGES in self.lacking else self.appearance
        return recordings(self.dataset.images.name, seen)
