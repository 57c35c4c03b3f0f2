"""What people agree about, in lines for people and as an object for programs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from labelaudit.auditing.sources.agreement import Agreement, Alpha
from labelaudit.cli.text_tables import heading, table_of
from labelaudit.core.columns import encodable
from labelaudit.core.terminal import beginning
from labelaudit.core.text import counted, plain
from labelaudit.dataset.tables import Dataset

MOST_ROWS = 10
"""Pairs, and classes, that are listed."""

LONGEST_NAME = 20
"""Columns of the name of a person, of which two stand in a line."""


def drawn(found: Agreement, dataset: Dataset, examples: int) -> Iterator[Text | Table]:
    """The whole, then pairs of people, classes and images, those with least agreement first.

    Parameters
    ----------
    found:
        what people agree about.
    dataset:
        that holds the boxes of all.
    examples:
        how many images are named.
    """
    words = (
        f"{counted(len(found.people), 'person', 'people')} · "
        f"{counted(found.pictures, 'image')} that several labelled · "
        f"{counted(len(found.objects.picture), 'object')}"
    )
    yield Text(words, "bold")
    yield Text(f"Krippendorff's alpha of objects with their classes: {_alpha(found.presence)}")
    drawn = f"{found.classes.objects:,} that several drew"
    yield Text(f"of the classes of {drawn}: {_alpha(found.classes)}")
    yield heading("Pairs, least agreement first")
    table = table_of(
        "", "", "both drew", "one class", "overlap", "only first", "only second", right=5
    )
    for one in found.pairs[:MOST_ROWS]:
        table.add_row(
            *(beginning(plain(name), LONGEST_NAME) for name in (one.first, one.second)),
            f"{one.matched:,}",
            f"{one.one_class:,}",
            "" if math.isnan(one.overlap) else f"{one.overlap:.2f}",
            f"{one.only_first:,}",
            f"{one.only_second:,}",
        )
    yield table
    if len(found.pairs) > MOST_ROWS:
        yield Text(f"... and {len(found.pairs) - MOST_ROWS:,} more", "dim")
    yield heading("Classes, least agreement first")
    table = table_of("", "objects", "all agree", "share", right=3)
    for each in found.by_class[:MOST_ROWS]:
        share = f"{each.agreed / each.objects:.0%}"
        table.add_row(plain(each.name), f"{each.objects:,}", f"{each.agreed:,}", share)
    yield table
    worst = found.worst[:examples]
    if worst:
        yield heading("Images, most disagreement first")
        for image, wrong, every in worst:
            name = plain(str(dataset.images.name[image]))
            yield Text(f"  {name}: {wrong:,} of {counted(every, 'object')}")


def _alpha(one: Alpha) -> str:
    if math.isnan(one.value):
        return "unknown, for all say the same"
    if math.isnan(one.low):
        return f"{one.value:.3f}"
    return f"{one.value:.3f} (95 %: {one.low:.3f} .. {one.high:.3f})"


def as_json(found: Agreement, dataset: Dataset) -> dict[str, Any]:
    """All of it as an object that JSON can hold."""
    return {
        "schema_version": 1,
        "people": [encodable(name) for name in found.people],
        "images": found.pictures,
        "objects": len(found.objects.picture),
        "alpha": {"presence": _numbers(found.presence), "classes": _numbers(found.classes)},
        "pairs": [
            {name: _known(value) for name, value in vars(one).items()} for one in found.pairs
        ],
        "classes": [vars(one) for one in found.by_class],
        "disagreements": [
            {
                "image": encodable(str(dataset.images.name[image])),
                "disagreed": wrong,
                "objects": all_,
            }
            for image, wrong, all_ in found.worst
        ],
    }


def _numbers(one: Alpha) -> dict[str, float | int | None]:
    return {name: _known(value) for name, value in vars(one).items()}


def _known(value: Any) -> Any:  # Any: a number or a name
    return None if isinstance(value, float) and math.isnan(value) else value
