"""What reports say alike, whatever they are written in: shares, opinions, what was not checked."""

from __future__ import annotations

import math
import string
from collections.abc import Iterator, Mapping, Sequence

from labelaudit.auditing.estimates.breakdown import FieldGroup
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.label_issues import ErrorCount, ErrorKind
from labelaudit.auditing.needs import ASKED_WITH
from labelaudit.auditing.rule import RULES, declared
from labelaudit.auditing.scan import Scan
from labelaudit.auditing.summary.overview import Basis, ErrorShare, Overview
from labelaudit.core.text import counted, plain, rounded

BY = {
    Basis.RULES: "by rules alone: at least",
    Basis.MODEL: "by the model's probabilities, if these are right:",
    Basis.SAMPLE: "by the judged sample:",
}
"""What numbers rest on, in words."""

BASES = {
    Basis.RULES: "by rules alone, without a model: what they do not see is not counted",
    Basis.MODEL: "by a model's probabilities; how far these are off is not in the limits",
    Basis.SAMPLE: "by a sample that a person judged",
}
"""The same where numbers come first."""

LIMITS = {
    Basis.MODEL: "if the probabilities are right",
    Basis.SAMPLE: "95 % limits",
}
"""What limits are of. Those of a model hold chance, and which images were drawn: where four fifths
of the errors were told they did not hold their number (benchmarks/results/drawn_images.md)."""

COUNTED = {
    ErrorKind.WRONG_CLASS: ("wrong class", "wrong classes"),
    ErrorKind.LOOSE_BOX: ("loose box", "loose boxes"),
    ErrorKind.SPURIOUS: ("box on nothing", "boxes on nothing"),
    ErrorKind.MISSING_BOX: ("missing object", "missing objects"),
}
"""One error of each kind, and several."""


def share_clauses(seen: Overview) -> dict[Basis, list[str]]:
    """The shares in words, by what they rest on."""
    found: dict[Basis, list[str]] = {}
    for share, things in ((seen.boxes, ("box", "boxes")), (seen.images, ("image", "images"))):
        words = f"{number(share)} of {counted(share.of, *things)} ({percent(share.share)})"
        found.setdefault(share.basis, []).append(words)
    if seen.missing:
        how_many = number(seen.missing)
        objects = f"{how_many} object{'' if how_many == '1' else 's'} without a label"
        found.setdefault(seen.missing.basis, []).append(objects)
    return found


def number(share: ErrorShare) -> str:
    """How many, with limits where there are any: `10`, `63 (41 to 92)`."""
    if share.high is None:
        return rounded(share.errors)
    return f"{rounded(share.errors)} ({rounded(share.low)} to {rounded(share.high)})"


def percent(part: float) -> str:
    """A part of all, with two digits.

    >>> [percent(part) for part in (0.0, 0.00004, 0.0202, 0.25, 1.0)]
    ['0 %', 'under 0.01 %', '2.0 %', '25 %', '100 %']
    """
    value = 100 * part
    if 0 < value < 0.01:
        return "under 0.01 %"
    digits = 0 if value >= 9.95 or not value else 1 if value >= 0.995 else 2
    return f"{rounded(value, digits)} %"


def count_words(counts: Mapping[str, ErrorCount]) -> str:
    """How many labels have each error, by a model and a sample that a person judged.

    They need not sum to the total of the sample alone, which `share_clauses` tells: each kind is
    estimated by itself, and missing objects are no labels.

    >>> count_words({"wrong_class": ErrorCount(12.4, 4.8, 25.9)})
    'by the model and the judged sample, each kind by itself: 12 wrong classes (5 to 26)'
    """
    words = [
        f"{counted(math.floor(count.expected + 0.5), *COUNTED[ErrorKind(kind)])} "
        f"({rounded(count.low)} to {rounded(count.high)})"
        for kind, count in counts.items()
    ]
    return f"by the model and the judged sample, each kind by itself: {', '.join(words)}"


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


def not_checked(scan: Scan) -> Iterator[str]:
    """The rules that had nothing to look at, a line for each reason; whole families by theirs.

    Those that nobody asked for are one line.
    """
    rules: dict[str, list[str]] = {}
    for code, reason in scan.not_checked.items():
        rules.setdefault(reason, []).append(code)
    unasked = []
    for reason, codes in rules.items():
        names = ", ".join(dict.fromkeys(family_or_name(code, codes) for code in codes))
        if reason in ASKED_WITH:
            unasked.append(f"{names} ({ASKED_WITH[reason]})")
        else:
            yield f"not checked: {names} ({plain(reason)})"
    if unasked:
        yield f"not checked, since not asked for: {', '.join(unasked)}"


def family_or_name(code: str, codes: Sequence[str]) -> str:
    """What a rule is told as, beside others of which the same is to be said."""
    family = declared(code).family
    mates = [other for other in RULES if other.rstrip(string.digits) == family]
    return (
        f"all of {family}" if len(mates) > 1 and set(mates) <= set(codes) else declared(code).name
    )


def severities(counts: Mapping[Severity, int]) -> list[str]:
    """`2 errors`, `1 warning`, `40 info`."""
    return [
        f"{count:,} info" if severity is Severity.INFO else counted(count, str(severity))
        for severity, count in counts.items()
    ]


def first_of_ranking(scan: Scan) -> str:
    """How many findings are places of a ranking, and what that means."""
    return f"what to look at first: {counted(scan.ranked, 'place')} of a ranking"


def stands_out_words(group: FieldGroup) -> str:
    """How much it differs from the others, where that is no chance."""
    if group.stands_out == "better" and group.ratio > 0:
        return f"{1 / group.ratio:.1f} x fewer"
    if group.stands_out == "better":
        return "none, unlike the others"
    if group.stands_out == "worse":
        return f"{group.ratio:.1f} x the others" if group.ratio < 1000 else "nearly all of them"
    return ""
