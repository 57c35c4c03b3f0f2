"""An experiment for people, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labelaudit.core.markup import in_markdown
from labelaudit.core.text import counted
from labelaudit.impact.summary import ImpactSummary, Points, SetPoints

PER = 10
"""Per cent of the labels by which losses of several rates are compared."""

MOST_CLASSES = 30
"""Classes that a table lists: those whose labels are worth most or least; a choice."""


def report(result: ImpactSummary) -> str:
    """An experiment as Markdown."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: ImpactSummary) -> Iterator[str]:
    yield f"# The price of wrong labels: {in_markdown(result.dataset)}"
    yield ""
    yield from headline(result)
    yield ""
    objects = counted(result.objects, "object")
    yield (
        f"Measured: {result.network}, {counted(result.epochs, 'epoch')}, "
        f"{counted(result.seeds, 'seed')}. {counted(result.learned, 'image')} learned, "
        f"{result.held_out:,} held out with {objects} ({result.how}). Held-out labels: "
        f"{result.best.words}. Between two seeds a run differs by about "
        f"{result.seed_deviation * 2**0.5:.1f} points."
    )
    yield ""
    yield result.covers
    yield from (f"\n{in_markdown(note)}." for note in result.notes)
    yield from _labels(result)
    yield from _noise(result)
    yield from _review(result)
    yield from _classes(result)


def headline(result: ImpactSummary) -> list[str]:
    """What the experiment says in a few sentences, a line each."""
    best = result.of_group("review")[-1] if result.of_group("review") else result.best
    lines = [_worth(best)]
    worst = [one for one in result.of_group("noise") if one.gain.high < 0]
    if worst:
        one = min(worst, key=lambda one: one.gain.value / one.share)
        lines.append(
            f"Dearest here: {one.noise}. {one.changed:,} labels made wrong ({100 * one.share:g} %) "
            f"cost {interval(_negative(one.gain))} points."
        )
    elif result.of_group("noise"):
        lines.append("No planted noise costs anything that this experiment can tell from chance.")
    lines += _budget(result)
    return lines


def _worth(best: SetPoints) -> str:
    """What the labels that are held for right are worth."""
    what = f"{best.words[:1].upper()}{best.words[1:]}"
    if best.changed == 0:
        return f"{what} change no label that is learned."
    told = (
        f"{what} (labels changed: {best.changed:,}) are worth {interval(best.gain)} points of mAP"
    )
    if best.gain.is_clear:
        return f"{told}."
    return f"{told}, which is not told from nothing."


def _budget(result: ImpactSummary) -> list[str]:
    """From which part of a review on more of it brings nothing that can be told."""
    steps = result.review
    if not steps:
        return []
    last = steps[-1]
    if result.enough is None:
        return [f"Each part of the review brings more: do all of it ({_minutes(last.seconds)})."]
    enough = result.named(result.enough)
    if enough is steps[0]:
        return ["No gain by the review beyond safe fixes can be told from chance."]
    return [
        f"After the {enough.words} of the review ({_minutes(enough.seconds)} of "
        f"{_minutes(last.seconds)}) more of it brings nothing that can be told from chance."
    ]


def _labels(result: ImpactSummary) -> Iterator[str]:
    yield from ("", "## What fixes are worth", "")
    head = ("labels", "changed", "learned", "mAP", "points against labels as they are")
    yield from _table(
        head,
        [
            (
                one.words,
                f"{one.changed:,}",
                f"{one.labels:,}",
                interval(one.map, signed=False),
                "" if row == 0 else interval(one.gain),
            )
            for row, one in enumerate([*result.of_group("labels"), *result.of_group("review")])
        ],
    )


def _noise(result: ImpactSummary) -> Iterator[str]:
    noise = result.of_group("noise")
    if not noise:
        return
    yield from ("", "## What noise would cost", "")
    yield f"Planted in the learned labels after: {result.best.words}."
    yield ""
    head = ("noise", "labels made wrong", "mAP", "points", f"points per {PER} % of labels")
    yield from _table(
        head,
        [
            (
                one.noise,
                f"{one.changed:,} ({100 * one.share:g} %)",
                interval(one.map, signed=False),
                interval(one.gain),
                f"{one.gain.value * PER / (100 * one.share):+.1f}",
            )
            for one in noise
        ],
    )


def _review(result: ImpactSummary) -> Iterator[str]:
    steps = result.review
    if not steps:
        return
    yield from ("", "## How much review", "")
    head = ("reviewed", "time of a reviewer", "labels changed", "points against labels as they are")
    yield from _table(
        head,
        [
            (one.words, _minutes(one.seconds), f"{one.changed:,}", interval(one.gain))
            for one in steps
        ],
    )


def _classes(result: ImpactSummary) -> Iterator[str]:
    """Class by class, those whose gain is largest first."""
    best = result.of_group("review")[-1] if result.of_group("review") else result.best
    rows = sorted(
        zip(result.sets[0].classes, best.classes, strict=True),
        key=lambda pair: -pair[1].gain.value if pair[1].objects else float("inf"),
    )
    yield from ("", "## By class", "")
    head = ("class", "objects held out", "mAP as they are", f"mAP after: {best.words}", "points")
    some = (
        rows
        if len(rows) <= MOST_CLASSES
        else [*rows[: MOST_CLASSES // 2], *rows[-MOST_CLASSES // 2 :]]
    )
    yield from _table(
        head,
        [
            (
                before.name,
                f"{after.objects:,}",
                interval(before.map, signed=False),
                interval(after.map, signed=False),
                interval(after.gain),
            )
            for before, after in some
        ],
    )
    if len(some) < len(rows):
        yield from ("", f"{len(rows) - len(some):,} other classes are in impact.json.")


def interval(points: Points, *, signed: bool = True) -> str:
    """Points with their interval: `+1.2 (-0.3 to +2.7)`; nothing where they are not defined.

    >>> interval(Points(1.23, -0.3, 2.7)), interval(Points(51.0, 50.0, 52.0), signed=False)
    ('+1.2 (-0.3 to +2.7)', '51.0 (50.0 to 52.0)')
    """
    if points.value != points.value:
        return ""
    if points.value == points.low == points.high == 0 and signed:
        return "0, the same labels"
    sign = "+" if signed else ""
    value, low, high = (f"{one:{sign}.1f}" for one in (points.value, points.low, points.high))
    return f"{value} ({low} to {high})"


def _negative(points: Points) -> Points:
    return Points(-points.value, -points.high, -points.low)


def _minutes(seconds: float) -> str:
    """A time of a reviewer.

    >>> _minutes(0), _minutes(100), _minutes(9000)
    ('0 min', '2 min', '2.5 h')
    """
    minutes = seconds / 60
    return f"{minutes / 60:.1f} h" if minutes > 90 else f"{minutes:.0f} min"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|---" + "|--:" * (len(head) - 1) + "|"
    for row in rows:
        yield "| " + " | ".join(map(in_markdown, row)) + " |"
