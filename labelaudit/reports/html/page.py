"""The page, put together from templates."""

from __future__ import annotations

import base64
import datetime
import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from labelaudit.auditing.contract.outcome import Requirement
from labelaudit.auditing.findings_file import entries
from labelaudit.auditing.scan import Scan
from labelaudit.auditing.summary.overview import TOP_IMAGES, overview
from labelaudit.core.text import counted, plain, rounded
from labelaudit.core.version import __version__
from labelaudit.dataset.split_statistics import splits
from labelaudit.dataset.statistics import statistics
from labelaudit.dataset.tables import Dataset
from labelaudit.reports.html.cards import ListedFindings, listed_findings
from labelaudit.reports.html.charts.calibration import calibration_chart
from labelaudit.reports.html.charts.confusion import class_matrices
from labelaudit.reports.html.charts.places import places_chart
from labelaudit.reports.html.charts.sizes import box_sizes, shapes_chart, sides_chart
from labelaudit.reports.html.charts.svg import Chart
from labelaudit.reports.html.where import field_tables, limits, opinion_words, shares, unchecked
from labelaudit.reports.words import stands_out_words

STATIC = Path(__file__).parent / "static"

FIRST_ROWS = 20
"""Values of a field, or classes, that are seen at once; the others wait to be opened. A choice."""

MOST_CLASSES = 500
"""Classes whose boxes are counted in the page, those with most first; a choice."""

MANY = 200
"""Findings from which on a browser draws only those that are in sight; a choice."""


def write_page(scan: Scan, out: TextIO) -> None:
    """Write the report of a scan as one page."""
    template = _environment(scan.dataset).get_template("page.html.jinja")
    for piece in template.generate(**_contents(scan)):
        out.write(piece)


def _environment(dataset: Dataset) -> Environment:
    """What fills templates: every text is escaped, and what cannot be printed is said.

    Folders of this machine are nobody else's business: texts have them as seen from above the
    dataset.
    """
    folders = (dataset.root, *dataset.image_folders, *(path.parent for path in dataset.sources))
    above = {f"{folder.resolve().parent}{os.sep}" for folder in folders} - {os.sep}

    def printable(value: Any) -> Any:  # Any: whatever a template names
        if not isinstance(value, str) or isinstance(value, Markup):
            return value
        for folder in sorted(above, key=len, reverse=True):
            value = value.replace(folder, "")
        return plain(value)

    environment = Environment(
        loader=FileSystemLoader(STATIC, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=printable,
    )
    environment.filters |= {
        "counted": counted,
        "coded": coded,
        "number": number,
        "rate": rate,
        "rounded": rounded,
    }
    environment.globals |= {"stands_out": stands_out_words}
    return environment


def coded(text: str) -> Markup:
    """A text of a rule's page, what is in backticks as code.

    >>> coded("`a < b` holds")
    Markup('<code>a &lt; b</code> holds')
    """
    parts = re.split(r"`([^`]*)`", plain(text))
    made = (
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part)
        for at, part in enumerate(parts)
    )
    return Markup("").join(made)


def number(value: float) -> str:
    """A number for people: `1,234`, `0.5`."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


def rate(value: float) -> str:
    """Findings per 1,000 boxes."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _contents(scan: Scan) -> dict[str, Any]:
    """What the templates name."""
    listed, seen = listed_findings(scan), overview(scan, top_images=TOP_IMAGES)
    style, script = (_static(name) for name in ("report.css", "report.js"))
    dataset = scan.dataset
    return {
        "style": Markup(style),  # noqa: S704  # a file of this package
        "script": Markup(script),  # noqa: S704  # a file of this package
        "hashes": {"style": _hash(style), "script": _hash(script)},
        "version": __version__,
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "scan": scan,
        "dataset": dataset,
        "name": names(dataset.sources),
        "splits": splits(dataset),
        "statistics": statistics(dataset),
        "most_classes": MOST_CLASSES,
        "first_rows": FIRST_ROWS,
        "seen": seen,
        "shares": shares(seen),
        "image_names": dataset.images.name,
        "opinion": opinion_words(scan),
        "tables": field_tables(scan),
        "unchecked": unchecked(scan),
        "limits": limits(scan),
        "charts": charts(scan),
        "matrices": class_matrices(scan),
        "listed": listed,
        "pictures": picture_words(listed),
        "many": sum(len(section.cards) for section in listed.sections) > MANY,
        "crops": {crop.name: crop for crop in listed.crops.shown.values()},
        "worst": lambda requirement: _worst(requirement, scan),
    }


def _static(name: str) -> str:
    return (STATIC / name).read_text("utf-8")


def _hash(text: str) -> str:
    """A hash by which the page's policy knows its own style and script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def names(sources: Iterable[Path]) -> str:
    """What a dataset is called: its files, without the folders that they lie in on this machine.

    >>> names([Path("/home/ann/labels.json")]), names(map(Path, "abcde")), names([])
    ('labels.json', 'a, b, c and 2 others', 'a dataset in memory')
    """
    every = [path.resolve().name if path.name in ("", ".", "..") else path.name for path in sources]
    if len(every) > 4:
        return f"{', '.join(every[:3])} and {counted(len(every) - 3, 'other')}"
    return ", ".join(every) or "a dataset in memory"


def charts(scan: Scan) -> list[Chart]:
    """The charts that there is anything to show in."""
    sizes = box_sizes(scan)
    found = [sides_chart(sizes), shapes_chart(sizes)] if len(sizes.size) else []
    return [*found, *filter(None, [places_chart(scan), calibration_chart(scan)])]


def picture_words(listed: ListedFindings) -> list[str]:
    """How many findings have pictures, and why others have none; a sentence each."""
    cards = [card for section in listed.sections for card in section.cards]
    shown = sum(card.crop is not None for card in cards)
    every = sum(section.count.findings for section in listed.sections)
    if not every:
        return []
    reasons = Counter(card.no_picture for card in cards if card.no_picture)
    if listed.drawable < len(cards):
        reasons["about nothing that can be drawn"] = len(cards) - listed.drawable
    left_out = sum(section.left_out for section in listed.sections)
    if left_out:
        reasons["not listed here, for they are worth least of their rules"] = left_out
    words = [f"{shown:,} of {counted(every, 'finding')} have a picture."]
    words += [f"{count:,} have none: {why}." for why, count in reasons.most_common()]
    return words


def _worst(requirement: Requirement, scan: Scan) -> list[Mapping[str, Any]]:
    """The records that break a requirement most, as the fix list names them."""
    return list(entries(requirement.worst, scan.dataset))
