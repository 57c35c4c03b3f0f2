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
    no errors.
    """

    def __init__(
        self, findings: Findings, dataset: Dataset, label_issues: LabelIssues | None
    ) -> None:
        self.findings = findings
        self.dataset = dataset
        self.label_issues = label_issues
        self.is_bad = findings.severity >= Severity.WARNING
        # Some findings of rules that ask a model have neither a probability nor a doubt.
        codes = findings.code.tolist()
        asks = {code: _asks_a_model(code) for code in set(codes)}
        asking = np.array([asks[code] for code in codes], bool)
        # Others may doubt a label by what several people say of it.
        own = np.array([code in RULES for code in codes], bool) & ~asking
        self.of_rules = self.is_bad & (own | (np.isnan(findings.model_doubt) & ~asking))
        adds = [fix is not None and KINDS[fix.kind].adds_box for fix in findings.fix.tolist()]
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
        """How probable it is that each box is wrong, (b,); where only doubts are known, these."""
        finding, row = self._boxes
        wrong = _largest(row, self._weight[finding], len(self.dataset.boxes))
        if self.label_issues is not None and self.label_issues.boxes_calibrated:
            wrong = np.fmax(wrong, self.label_issues.boxes.wrong)
        return wrong

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
        return np.maximum(*(self._by_image(image, wrong) for wrong, image in self._all_places))

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
        finding, row = self._images
        return _largest(row, self._weight[finding], len(self.dataset.images))

    @cached_property
    def per_image(self) -> Floats:
        """Errors that are expected in each image, (i,): of boxes, missing objects and itself."""
        return self._summed(self.box) + self.objects + self.whole_image

    @cached_property
    def image(self) -> Floats:
        """How probable it is that anything is wrong in each image, (i,)."""
        with np.errstate(divide="ignore"):
            right = self._summed(np.log1p(-self.box)) + np.minimum(
                *(self._by_image(image, np.log1p(-wrong)) for wrong, image in self._all_places)
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
        found, count = self.findings, len(self.dataset.images)
        box = self._summed(self._bad_boxes(self.is_bad))
        objects = np.bincount(found.image[self.at_place & self.is_bad], minlength=count)
        return (box + objects + self._bad_images(self.is_bad)).astype(np.int64)

    @property
    def elsewhere(self) -> int:
        """Errors and warnings that are about no box and no image."""
        somewhere = self.at_place.copy()
        somewhere[self._boxes[0]] = somewhere[self._images[0]] = True
        return int(np.count_nonzero(self.is_bad & ~somewhere))

    @cached_property
    def _weight(self) -> Floats:
        """How probable it is that each finding is right, (n,)."""
        found = self.findings
        prior = np.where(self.is_bad, np.array([PRIOR[one] for one in Severity])[found.severity], 0)
        # An info that is a doubt alone is none.
        said = np.where(self.is_bad, found.model_doubt, found.probability)
        return np.where(np.isnan(said), prior, said)

    @property
    def _all_places(self) -> tuple[tuple[Floats, Rows], tuple[Floats, Rows]]:
        """`places`, and the same of findings."""
        return self.places, (self._weight[self.at_place], self.findings.image[self.at_place])

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
