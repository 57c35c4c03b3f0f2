"""What commands print for people: tables and pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

import msgspec
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from labelaudit.auditing.rule import Rule
from labelaudit.auditing.rule_docs import Page, fix_words, shown
from labelaudit.core.terminal import FittedTable, beginning, ending
from labelaudit.core.text import counted, plain
from labelaudit.dataset.compare import Comparison, Difference
from labelaudit.dataset.statistics import ClassStatistics, Spread, Statistics
from labelaudit.dataset.tables import Dataset
from labelaudit.reports.text.layout import STYLES

SIGNS = {"- ": "red", "+ ": "green", "  ": ""}
"""How the lines of an example begin, and their styles."""

LONGEST_NAME = 40
"""Columns of a class name or an image name in a table."""


def write_json(value: Any, out: TextIO) -> None:  # Any: whatever msgspec can encode
    """Write an object as indented JSON."""
    out.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def rule_table(rules: Sequence[Rule]) -> Table:
    """The rules, a row each."""
    table = table_of("code", "name", "severity", "fix", "finds")
    for rule in rules:
        table.add_row(
            rule.code,
            Text(rule.name, "bold"),
            Text(str(rule.severity), STYLES[rule.severity]),
            str(rule.fix or ""),
            rule.summary,
        )
    return table


def rule_page(page: Page) -> Iterator[Text | Table | Padding]:
    """The documentation of a rule."""
    rule = page.rule
    yield Text.assemble(
        (rule.name, "bold"), f" {rule.code} · ", (str(rule.severity), STYLES[rule.severity])
    ).append(f" · {fix_words(rule)}")
    yield Text(f"\n{page.summary}")
    for paragraph in page.paragraphs:
        yield Text(f"\n{paragraph}")
    if page.settings:
        yield heading("Settings", f"[rules.{rule.name}] in labelaudit.toml")
        yield settings_table(page)
    yield heading("Message")
    yield Padding(Text(rule.message), (0, 0, 0, 2))
    if page.example and page.is_before_and_after:
        yield heading("Before and after")
        yield Padding(before_and_after(page.example), (0, 0, 0, 2))
    elif page.example:
        yield heading("Example")
        yield Padding(Text(page.example), (0, 0, 0, 2))
    if page.source:
        yield Text(f"\nSource: {page.source}", "dim")


def before_and_after(example: str) -> Group:
    """An example: what is before it red, what is after it green, a long record under itself."""
    parts: list[Text | Table] = []
    for line in example.splitlines():
        sign, record = line[:2], line[2:]
        if sign not in SIGNS:
            parts.append(Text(line))
            continue
        row = Table.grid()
        row.add_column(no_wrap=True)
        row.add_row(Text(sign, SIGNS[sign]), Text(record, SIGNS[sign]))
        parts.append(row)
    return Group(*parts)


def settings_table(page: Page) -> Padding:
    """The settings of a rule, a row each."""
    table = FittedTable(show_header=False)
    for name in ("setting", "default"):
        table.add_column(name, no_wrap=True)
    table.add_column("meaning")
    for setting in page.settings:
        meaning = f"{setting.text} ({setting.range})" if setting.range else setting.text
        table.add_row(Text(setting.name, "bold"), shown(setting.default), meaning)
    return Padding(table, (0, 0, 0, 2))


def statistics_tables(numbers: Statistics) -> Iterator[Text | Table]:
    """A dataset in numbers."""
    yield Text.assemble(
        (numbers.format.upper(), "bold"),
        f" · {counted(numbers.images, 'image')}"
        f" · {counted(numbers.boxes, 'box', 'boxes')}"
        f" · {counted(len(numbers.classes), 'class', 'classes')}"
        f" · {counted(numbers.files, 'file')}",
    )
    details = [
        (numbers.images_without_boxes, "image without boxes", "images without boxes"),
        (numbers.crowds, "crowd", "crowds"),
        (numbers.difficult, "difficult", "difficult"),
        (numbers.masks, "with a mask", "with a mask"),
        (numbers.keypoints, "with keypoints", "with keypoints"),
    ]
    words = [counted(*detail) for detail in details if detail[0]]
    if words:
        yield Text(" · ".join(words))
    yield heading("Sizes", "COCO's: small below 32 x 32 px, large from 96 x 96 px")
    yield Text(f"  {size_shares(numbers)}")
    yield spread_table(numbers)
    if numbers.splits:
        yield heading("Splits")
        yield splits_table(numbers)
    yield heading("Classes")
    yield classes_table(numbers)


def size_shares(numbers: Statistics | ClassStatistics) -> str:
    """How many boxes are small, medium and large, in percent of those that have a size."""
    counts = {"small": numbers.small, "medium": numbers.medium, "large": numbers.large}
    total = sum(counts.values())
    if not total:
        return "of no box the size is known"
    return " · ".join(f"{name} {count / total:.1%}" for name, count in counts.items())


def spread_table(numbers: Statistics) -> Table:
    """How boxes and sizes are spread over images."""
    table = table_of("", "least", "25 %", "median", "75 %", "most", "mean", right=6)
    table.add_row("boxes per image", *_cells(numbers.boxes_per_image))
    for name, spread in (
        ("image width", numbers.image_width),
        ("image height", numbers.image_height),
    ):
        unknown = ["-"] * len(Spread.__dataclass_fields__)
        table.add_row(name, *(_cells(spread) if spread.most else unknown))
    return table


def _cells(spread: Spread) -> list[str]:
    values = [getattr(spread, name) for name in Spread.__dataclass_fields__]
    return [*(f"{value:,.0f}" for value in values[:-1]), f"{values[-1]:,.1f}"]


def splits_table(numbers: Statistics) -> Table:
    """The splits, a row each."""
    table = table_of("split", "images", "boxes", right=2)
    for split in numbers.splits:
        table.add_row(plain(split.name), f"{split.images:,}", f"{split.boxes:,}")
    return table


def classes_table(numbers: Statistics) -> Table:
    """The classes, a row each, most boxes first."""
    table = table_of(
        "class", "boxes", "share", "images", "median size", "small", "medium", "large", right=7
    )
    for one in numbers.classes:
        share = one.boxes / numbers.boxes if numbers.boxes else 0.0
        table.add_row(
            beginning(plain(one.name), LONGEST_NAME),
            f"{one.boxes:,}",
            f"{share:.1%}",
            f"{one.images:,}",
            f"{one.width:,.0f} x {one.height:,.0f}" if one.width else "-",
            *(f"{count:,}" for count in (one.small, one.medium, one.large)),
        )
    return table


def comparison_lines(comparison: Comparison, examples: int) -> Iterator[Text | Table | Padding]:
    """What changed, the kinds with their first examples."""
    table = table_of("", "before", "after", right=2)
    before, after = _sizes(comparison.before), _sizes(comparison.after)
    for name, old in before.items():
        table.add_row(name, f"{old:,}", f"{after[name]:,}")
    yield table
    if not comparison.differences:
        yield Text("\nNothing changed.", "bold green")
    for kind, differences in comparison.differences.items():
        yield heading(str(kind), f"{len(differences):,}")
        yield Padding(_differences(differences[:examples]), (0, 0, 0, 2))
        if len(differences) > examples:
            yield Text(f"  ... and {len(differences) - examples:,} more", "dim")
    if comparison.relabellings:
        yield heading("Classes of relabelled boxes")
        for old_class, new_class, count in comparison.relabellings[: max(examples, 10)]:
            yield Text(f"  {name_of(old_class)} → {name_of(new_class)}: {count:,}")


def _sizes(dataset: Dataset) -> Mapping[str, int]:
    return {
        "images": len(dataset.images),
        "boxes": len(dataset.boxes),
        "classes": len(set(dataset.class_names)),
    }


def _differences(differences: Sequence[Difference]) -> FittedTable:
    """What changed, a row each: the image, and what became of what."""
    table = FittedTable(show_header=False)
    if any(difference.image for difference in differences):
        table.add_column("image", no_wrap=True)
    table.add_column("what", no_wrap=True)
    for difference in differences:
        old, new = difference.before or {}, difference.after or {}
        same = "box" in old and old.get("class") == new.get("class")
        sides = [described(old), described(new, with_class=not same)]
        image = Text(ending(plain(difference.image or ""), LONGEST_NAME), "cyan")
        what = " → ".join(side for side in sides if side)
        table.add_row(*([image, what] if len(table.columns) > 1 else [what]))
    return table


def described(side: Mapping[str, Any], *, with_class: bool = True) -> str:
    """A box, an image or a class in a few words."""
    words = []
    if "class" in side and with_class:
        words.append(name_of(side["class"]))
    if "box" in side:
        words.append(" ".join(f"{number:g}" for number in side["box"]))
    words += side.get("marks", [])
    if "name" in side:
        words.append(ending(plain(side["name"]), LONGEST_NAME))
    if "size" in side:
        words.append(" x ".join(f"{number:g}" for number in side["size"]))
    if "splits" in side:
        words.append(plain(" and ".join(side["splits"])) or "no split")
    if "boxes" in side:
        words.append(f"with {counted(side['boxes'], 'box', 'boxes')}")
    return " ".join(words)


def name_of(class_name: str | None) -> str:
    """The name of a class in a line."""
    return beginning(plain(class_name), LONGEST_NAME) if class_name else "no class"


def heading(title: str, remark: str = "") -> Text:
    """A title with a blank line before it."""
    line = Text("\n").append(title, "bold")
    return line.append(f" · {remark}", "dim") if remark else line


def table_of(*columns: str, right: int = 0) -> FittedTable:
    """An empty table without lines, its last `right` columns for numbers."""
    table = FittedTable()
    for place, name in enumerate(columns):
        numeric = place >= len(columns) - right
        table.add_column(name, justify="right" if numeric else "left", no_wrap=numeric)
    return table
