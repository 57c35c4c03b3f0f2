"""Findings as the page shows them: by rule, each with its words, its pictures and what it is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelaudit.auditing.estimates.expected_value import expected_value
from labelaudit.auditing.findings import Fix
from labelaudit.auditing.findings_file import entries
from labelaudit.auditing.fixes import KINDS
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.rule_docs import Page, page
from labelaudit.auditing.scan import RuleCount, Scan
from labelaudit.core.columns import MISSING, Ints
from labelaudit.dataset.fields import FieldColumn, Fields
from labelaudit.dataset.tables import Dataset
from labelaudit.reports.html.crops import Crop, Crops, crops_of
from labelaudit.reports.html.scenes import FindingScene, FindingScenes

MOST_LISTED = 5_000
"""Findings that the page lists, those that are worth most of each rule first; a choice: so many
without pictures take two megabytes."""

NO_ROOM = "the page has room for the pictures of those that are worth most"


@dataclass(frozen=True)
class FindingCard:
    """One finding."""

    entry: Mapping[str, Any]  # of the fix list
    classes: tuple[str, ...]  # of its boxes, or that it is about
    fields: tuple[str, ...]  # its value of each field of `Filters`; empty where it has none
    scene: FindingScene | None  # None: there is nothing to draw
    crop: Crop | None
    no_picture: str  # why there is none; empty where there is nothing to draw
    fix: str  # what would be done, in words; empty where there is no fix
    tokens: str  # the numbers of its classes and of the proposed one, with spaces around


@dataclass(frozen=True)
class RuleSection:
    """The findings of one rule."""

    count: RuleCount
    page: Page | None  # None: of a rule that is not installed here
    cards: tuple[FindingCard, ...]

    @property
    def left_out(self) -> int:
        """Findings that are not listed."""
        return self.count.findings - len(self.cards)


@dataclass(frozen=True)
class Filters:
    """What the findings of the page can be filtered by."""

    rules: tuple[RuleCount, ...]
    severities: tuple[str, ...]
    classes: tuple[tuple[int, str], ...]  # with the numbers that `FindingCard.tokens` has
    fields: Mapping[str, tuple[str, ...]]  # the values of split and of what is counted by


@dataclass(frozen=True)
class ListedFindings:
    """All that the page says of single findings."""

    sections: tuple[RuleSection, ...]
    filters: Filters
    crops: Crops
    drawable: int  # listed findings that are about a part of an image


def listed_findings(scan: Scan) -> ListedFindings:
    """The findings of a scan by rule, the most valuable first, as many as the page holds."""
    findings, dataset = scan.findings, scan.dataset
    order = _by_turns(scan)[:MOST_LISTED]
    scenes = FindingScenes(findings, dataset)
    drawn = {row: scene for row in order.tolist() if (scene := scenes.of(row)) is not None}
    crops = crops_of(dataset, (scene.scene for scene in drawn.values()))
    columns = _columns(scan)
    classes = list(dict.fromkeys(dataset.class_names))
    makes = _Maker(scan, columns, {name: at for at, name in enumerate(classes)}, crops)
    chosen = set(order.tolist())
    cards: dict[str, list[FindingCard]] = {}
    for row, entry in enumerate(entries(findings, dataset)):
        if row in chosen:
            cards.setdefault(entry["code"], []).append(makes.card(row, entry, drawn.get(row)))
    sections = tuple(
        RuleSection(count, _page(count.code), tuple(cards.get(count.code, ())))
        for count in scan.by_rule
    )
    every = [card for section in sections for card in section.cards]
    tokens = {token for card in every for token in card.tokens.split()}
    filters = Filters(
        tuple(scan.by_rule),
        tuple(str(severity) for severity in scan.by_severity),
        tuple((at, name) for at, name in enumerate(classes) if str(at) in tokens),
        {
            column.name: tuple(name for name in column.values.tolist() if name in values)
            for at, column in enumerate(columns)
            for values in [{card.fields[at] for card in every}]
        },
    )
    return ListedFindings(sections, filters, crops, len(drawn))


def _by_turns(scan: Scan) -> Ints:
    """All findings: the first of each rule, then the second of each, and so on; (n,)."""
    codes = scan.findings.code.tolist()
    seen: dict[str, int] = {}
    turn = np.empty(len(codes), np.int64)
    for row, code in enumerate(codes):
        turn[row] = seen[code] = seen.get(code, -1) + 1
    return np.lexsort((-expected_value(scan.findings), turn))


def _columns(scan: Scan) -> list[FieldColumn]:
    """What findings are filtered by, beside rule, severity and class."""
    fields = Fields(scan.dataset)
    names = [*(["split"] if scan.dataset.splits else []), *scan.options.by]
    return [fields.column(name) for name in dict.fromkeys(names) if name != "class"]


def _page(code: str) -> Page | None:
    return page(RULES[code]) if code in RULES else None


@dataclass(frozen=True)
class _Maker:
    """Makes cards."""

    scan: Scan
    columns: Sequence[FieldColumn]
    numbers: Mapping[str, int]  # of class names
    crops: Crops

    def card(self, row: int, entry: Mapping[str, Any], scene: FindingScene | None) -> FindingCard:
        """A finding.

        Parameters
        ----------
        row:
            of the finding.
        entry:
            of the fix list.
        scene:
            what there is to draw.
        """
        dataset, fix = self.scan.dataset, self.scan.findings.fix[row]
        classes = tuple(dict.fromkeys(name for name in entry["classes"] if name is not None))
        proposed = self._proposed(fix, dataset)
        tokens = {self.numbers[name] for name in (*classes, *proposed)}
        crop = self.crops.shown.get(scene.scene) if scene else None
        reason = self.crops.reasons.get(scene.scene, NO_ROOM) if scene and not crop else ""
        words = ""
        if fix is not None:
            words = KINDS[fix.kind].words.replace("{class}", next(iter(proposed), ""))
            if "field" in fix.values:
                words = f"Set {fix.values['field']} to {fix.values['value']}."
        return FindingCard(
            entry,
            classes,
            tuple(self._value(column, row) for column in self.columns),
            scene,
            crop,
            reason if not crop else "",
            words,
            f" {' '.join(map(str, sorted(tokens)))} ",
        )

    def _proposed(self, fix: Fix | None, dataset: Dataset) -> tuple[str, ...]:
        """The class after a fix."""
        label = MISSING if fix is None else int(fix.values.get("label", MISSING))
        return () if label == MISSING else (dataset.class_names[label],)

    def _value(self, column: FieldColumn, row: int) -> str:
        """What a finding has of a field: that of its box, else of its image."""
        findings = self.scan.findings
        box, image = int(findings.box[row]), int(findings.image[row])
        at = int(column.box[box]) if box != MISSING else MISSING
        if at == MISSING and image != MISSING:
            at = int(column.image[image])
        return "" if at == MISSING else str(column.values[at])
