"""What findings and a model come to at each box and in each image: no error counts twice."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from labelaudit.auditing.estimates.expected_value import PRIOR
from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.fixes import KINDS
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import RULES
from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.dataset.tables import Dataset

SAME_OBJECT = 0.5
"""From which doubt and overlap on a forgotten object is the one of a loose box, as for MOD001."""


class ExpectedErrors:
    """Errors of boxes, objects without a label and errors of images themselves.

    An error is as probable as a model says, or as findings of its severity are right before anybody
    decided (`PRIOR`); of several findings the most probable counts. Infos without a probability are
    no errors. What a model doubts without knowing a probability is none either, for how much of it
    is wrong nobody knows (docs/method.md, section 8): it counts in `suspicion` alone, which orders
    images. So it is with what a rule reads off a model and has no number for, labelled-twice say:
    it takes its place in the order as other findings of its severity do.
    """

    def __init__(
        self, findings: Findings, dataset: Dataset, label_issues: LabelIssues | None
    ) -> None:
        self.findings = findings
        self.dataset = dataset
        self.label_issues = label_issues
        self.is_bad = findings.severity >= Severity.WARNING
        codes = findings.code.tolist()
        asks = {code: _asks_a_model(code) for code in set(codes)}
        asking = np.array([asks[code] for code in codes], bool)
        # Others may doubt a label by what several people say of it.
        own = np.array([code in RULES for code in codes], bool) & ~asking
        self.of_rules = self.is_bad & (own | (np.isnan(findings.model_doubt) & ~asking))
        adds = [fix is not None and KINDS[fix.kind].adds_box for fix in findings.fix.tolist()]
        # Which of the errors and warnings a model alone speaks for, with no probability.
        self.doubted = self.is_bad & np.isnan(findings.probability)
        self.doubted &= asking | (~own & np.isfinite(findings.model_doubt))
        # What is about many labels says itself which they are.
        together = np.array([one is not None for one in findings.affects.tolist()], bool)
        self.at_box = (findings.box != MISSING) & ~together
        at_image = (findings.image != MISSING) & ~self.at_box & ~together
        self.at_place = at_image & np.array(adds, bool)  # where an object is missing
        self.at_image = at_image & ~self.at_place

    @property
    def knows_probabilities(self) -> bool:
        """Whether a model says of boxes how probable it is that they are wrong."""
        return self.label_issues is not None and self.label_issues.boxes_calibrated

    @property
    def drawn(self) -> Bools | None:
        """Which images were drawn to be judged for all, (i,); None where each was, or none."""
        return self.label_issues.drawn if self.label_issues is not None else None

    @cached_property
    def box(self) -> Floats:
        """How probable it is that each box is wrong, (b,), as far as that is known."""
        return self._of_boxes(self._weight)

    @cached_property
    def box_of_rules(self) -> Bools:
        """Which boxes have an error or warning of a rule that asks no model, (b,)."""
        return self._bad_boxes(self.of_rules)

    @cached_property
    def objects(self) -> Floats:
        """How many objects are missing in each image, (i,).

        By findings, or by all places that a model knows probabilities of, whichever are more: both
        are about the same objects.
        """
        return self._of_objects(self._weight)

    @cached_property
    def places(self) -> tuple[Floats, Rows]:
        """Where a model expects objects that are missing: probability and row in Images, (m,)."""
        issues = self.label_issues
        if issues is None or not issues.missing_calibrated:
            return np.zeros(0), np.zeros(0, np.int32)
        with np.errstate(invalid="ignore"):
            loose = np.flatnonzero(issues.boxes.loose_box >= SAME_OBJECT)
        places, image = issues.missing, self.dataset.boxes.image[loose]
        found = matches(
            places.image,
            places.xyxy,
            image,
            issues.boxes.xyxy[loose],
            min_overlap=SAME_OBJECT,
        )
        kept = places.image != MISSING
        kept[found.one] = False  # these errors are counted at their boxes
        return places.probability[kept], places.image[kept]

    @cached_property
    def whole_image(self) -> Floats:
        """How probable it is that something is wrong with each image itself, (i,)."""
        return self._of_whole_images(self._weight)

    @cached_property
    def per_image(self) -> Floats:
        """Errors that are expected in each image, (i,): of boxes, missing objects and itself."""
        return self._summed(self.box) + self.objects + self.whole_image

    @cached_property
    def suspicion(self) -> Floats:
        """What to order images by, (i,), and nothing else: as `per_image`, with doubts added up."""
        weight = np.where(self.doubted, self._doubt, self._weight)
        boxes = self._summed(self._of_boxes(weight))
        return boxes + self._of_objects(weight) + self._of_whole_images(weight)

    @cached_property
    def image(self) -> Floats:
        """How probable it is that anything is wrong in each image, (i,)."""
        with np.errstate(divide="ignore"):
            right = self._summed(np.log1p(-self.box)) + np.minimum(
                *(
                    self._by_image(image, np.log1p(-wrong))
                    for wrong, image in self._all_places(self._weight)
                )
            )
        wrong: Floats = 1 - np.exp(right) * (1 - self.whole_image)
        return wrong

    @cached_property
    def image_of_rules(self) -> Bools:
        """Which images have an error or warning of a rule that asks no model, (i,)."""
        own = self.at_place & self.of_rules
        marked = _marked(self.findings.image[own], len(self.dataset.images))
        return marked | self._bad_images(self.of_rules) | (self._summed(self.box_of_rules) > 0)

    @cached_property
    def found_per_image(self) -> Ints:
        """Boxes, missing objects and the image itself that have an error or warning, (i,)."""
        return self._found(self.is_bad)

    @cached_property
    def doubted_per_image(self) -> Ints:
        """Of `found_per_image` those that doubts alone speak for, (i,)."""
        sure = self.is_bad & ~self.doubted
        return self.found_per_image - self._found(sure)

    @property
    def elsewhere(self) -> int:
        """Errors and warnings that are about no box and no image."""
        somewhere = self.at_place.copy()
        somewhere[self._boxes[0]] = somewhere[self._images[0]] = True
        return int(np.count_nonzero(self.is_bad & ~somewhere))

    @cached_property
    def _weight(self) -> Floats:
        """How probable it is that each finding is right, (n,); 0 where nobody knows."""
        found = self.findings
        prior = np.where(self.is_bad & ~self.doubted, self._prior, 0)
        return np.where(np.isnan(found.probability), prior, found.probability)

    @property
    def _doubt(self) -> Floats:
        """How strongly a model speaks for each finding, (n,); where it says no number, `PRIOR`."""
        doubt = self.findings.model_doubt
        return np.where(np.isnan(doubt), self._prior, doubt)

    @property
    def _prior(self) -> Floats:
        """How often findings of the severity of each are right, (n,)."""
        prior: Floats = np.array([PRIOR[one] for one in Severity])[self.findings.severity]
        return prior

    def _of_boxes(self, weight: Floats) -> Floats:
        """What findings, (n,) weights, and a model's probabilities come to at each box, (b,)."""
        finding, row = self._boxes
        wrong = _largest(row, weight[finding], len(self.dataset.boxes))
        if self.label_issues is not None and self.label_issues.boxes_calibrated:
            wrong = np.fmax(wrong, self.label_issues.boxes.wrong)
        return wrong

    def _of_objects(self, weight: Floats) -> Floats:
        """The same of objects that are missing in each image, (i,)."""
        places = self._all_places(weight)
        return np.maximum(*(self._by_image(image, wrong) for wrong, image in places))

    def _of_whole_images(self, weight: Floats) -> Floats:
        """The same of each image itself, (i,)."""
        finding, row = self._images
        return _largest(row, weight[finding], len(self.dataset.images))

    def _found(self, which: Bools) -> Ints:
        """Boxes, missing objects and the image itself that some findings, (n,), are about, (i,)."""
        image, count = self.findings.image[self.at_place & which], len(self.dataset.images)
        box, objects = self._summed(self._bad_boxes(which)), np.bincount(image, minlength=count)
        return (box + objects + self._bad_images(which)).astype(np.int64)

    def _all_places(self, weight: Floats) -> tuple[tuple[Floats, Rows], tuple[Floats, Rows]]:
        """`places`, and the same of findings of these weights, (n,)."""
        return self.places, (weight[self.at_place], self.findings.image[self.at_place])

    def _by_image(self, image: Rows, values: Floats) -> Floats:
        """The sum of values over the places of each image, (i,)."""
        return np.bincount(image, values, minlength=len(self.dataset.images)).astype(np.float64)

    def _bad_boxes(self, which: Bools) -> Bools:
        """Which boxes these findings, (n,), are about, (b,)."""
        finding, row = self._boxes
        return _marked(row[which[finding]], len(self.dataset.boxes))

    def _bad_images(self, which: Bools) -> Bools:
        """Which images these findings, (n,), are about themselves, (i,)."""
        finding, row = self._images
        return _marked(row[which[finding]], len(self.dataset.images))

    @cached_property
    def _boxes(self) -> tuple[Ints, Ints]:
        """Findings, (m,), and the box that each is about; several of one that is about many."""
        many = ((row, one.box) for row, one in enumerate(self.findings.affects.tolist()) if one)
        return _paired(np.flatnonzero(self.at_box), self.findings.box, many)

    @cached_property
    def _images(self) -> tuple[Ints, Ints]:
        """The same of images that are wrong themselves."""
        many = ((row, one.image) for row, one in enumerate(self.findings.affects.tolist()) if one)
        return _paired(np.flatnonzero(self.at_image), self.findings.image, many)

    def _summed(self, of_boxes: Floats | Bools) -> Floats:
        """The sum over the boxes of each image, (i,)."""
        image = self.dataset.boxes.image
        known = image != MISSING
        return self._by_image(image[known], of_boxes[known].astype(np.float64))


def _asks_a_model(code: str) -> bool:
    """Whether a rule has nothing to look at without a model; a rule that is gone has not."""
    return code in RULES and Need.MODEL in RULES[code].needs


def _paired(
    single: Ints, about: Rows, many: Iterable[tuple[int, Ints | Rows]]
) -> tuple[Ints, Ints]:
    """Findings and the row that each is about: of those about one, and of those about many."""
    finding, row = [single], [about[single].astype(np.int64)]
    for number, rows in many:
        finding.append(np.full(len(rows), number))
        row.append(np.asarray(rows, np.int64))
    return np.concatenate(finding), np.concatenate(row)


def _largest(row: Rows | Ints, values: Floats, count: int) -> Floats:
    """The largest of the values of each row, (count,); 0 where there is none."""
    largest = np.zeros(count)
    np.maximum.at(largest, row, values)
    return largest


def _marked(row: Rows | Ints, count: int) -> Bools:
    marked = np.zeros(count, bool)
    marked[row] = True
    return marked
