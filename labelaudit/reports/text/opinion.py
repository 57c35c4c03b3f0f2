"""What the text report says of a second opinion: whose it is, and what its numbers mean."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.core.text import counted, plain
from labelaudit.reports.words import count_words, ranking_words


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
