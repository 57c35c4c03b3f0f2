"""What the text report says of a second opinion: whose it is, and what its numbers mean."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from rich.text import Text

from labelaudit.auditing.label_issues import ErrorCount, ErrorKind, LabelIssues
from labelaudit.core.text import counted, plain

COUNTED = {
    ErrorKind.WRONG_CLASS: ("wrong class", "wrong classes"),
    ErrorKind.LOOSE_BOX: ("loose box", "loose boxes"),
    ErrorKind.SPURIOUS: ("box on nothing", "boxes on nothing"),
    ErrorKind.MISSING_BOX: ("missing object", "missing objects"),
}
"""One error of each kind, and several."""


def opinion(label_issues: LabelIssues) -> Iterator[Text]:
    """Who gave the second opinion, of how many boxes it has none, and what to beware of."""
    judged, boxes = int(label_issues.boxes.was_scored.sum()), len(label_issues.boxes)
    line = f"second opinion by {plain(label_issues.source)}: judged {judged:,} of "
    yield Text(line + counted(boxes, "box", "boxes"))
    reasons = label_issues.abstention_reasons
    if reasons:
        words = ", ".join(f"{count:,} ({plain(why)})" for why, count in reasons.items())
        yield Text(f"not judged, which does not mean right: {words}", "dim")
    if label_issues.max_share is not None:
        yield Text(ranking_words(judged, label_issues.max_share), "yellow")
    if label_issues.counts:
        yield Text(count_words(label_issues.counts))
    for note in label_issues.notes:
        yield Text(plain(note), "yellow")


def count_words(counts: Mapping[str, ErrorCount]) -> str:
    """How many labels have each error, by a sample that a person judged.

    >>> count_words({"wrong_class": ErrorCount(12.4, 4.8, 25.9)})
    'by the judged sample: 12 wrong classes (5 to 26)'
    """
    words = [
        f"{counted(round(count.expected), *COUNTED[ErrorKind(kind)])} "
        f"({round(count.low):,} to {round(count.high):,})"
        for kind, count in counts.items()
    ]
    return f"by the judged sample: {', '.join(words)}"


def ranking_words(judged: int, max_share: Mapping[str, float]) -> str:
    """What doubts say that are no probabilities, from the largest share of each error.

    >>> print(ranking_words(200, {"wrong_class": 0.04, "loose_box": float("nan")}))
    doubts rank labels and are no probabilities: at most 8 wrong classes, any number of loose \
boxes; judge a sample to know how many (labelaudit sample)
    """
    words = [
        f"any number of {COUNTED[ErrorKind(kind)][1]}"
        if math.isnan(share)
        else f"at most {counted(math.ceil(share * judged), *COUNTED[ErrorKind(kind)])}"
        for kind, share in max_share.items()
    ]
    bounds = f": {', '.join(words)}" if words else ""
    return (
        f"doubts rank labels and are no probabilities{bounds}; judge a sample to know how many "
        "(labelaudit sample)"
    )
