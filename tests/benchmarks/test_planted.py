"""Every kind of planted defect is found where it is, and the clean twin is clean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.planted.places import BOX, CLASS, FILE, IMAGE, Place
from benchmarks.planted.planting import FORMATS, Defect, Planted, defects, planted
from benchmarks.planted.scene import EMPTY
from labelaudit.auditing import findings_file
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import scan
from labelaudit.auditing.summary.overview import overview
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.io.save import save, undo
from tests.message_grammar import faults

EVERY = [defect for format_ in FORMATS for defect in defects(format_)]
BESIDE = [defect for defect in EVERY if not defect.alone]
CAUSES = [
    defect for defect in EVERY if defect.rule == "wrong-convention" or defect.family == "causes"
]
FAMILIES = ("REF", "GEO", "DUP", "CLS", "IMG", "SPL", "SRC")

NOT_PLANTED = {
    "no-labels",  # about a dataset of no labels; its own test has one
    # about all that somebody drew in many images; their own tests have people who do
    *("shifted-source", "uneven-margin", "snapped-source", "class-unused-by-source"),
    "changed-policy",
}


def code_of(defect: Defect) -> str:
    return next(rule.code for rule in RULES.values() if rule.name == defect.rule)


Entry = dict[str, Any]  # a finding as the fix list has it


def written(labels: Planted, folder: Path) -> Dataset:
    return load(labels.labels.write(folder / "dataset"))


def findings(dataset: Dataset) -> list[Entry]:
    return list(findings_file.entries(audit(dataset, select=list(FAMILIES)), dataset))


def is_found(defect: Defect, place: Place, entries: list[Entry]) -> bool:
    return any(entry["name"] == defect.rule and is_at(place, entry) for entry in entries)


def is_at(place: Place, entry: Entry) -> bool:
    """Whether a finding is about the record, class or file where a defect was planted."""
    if place.name is not None:
        return place.name in entry["classes"]
    if place.part == FILE:
        return "box" not in entry["records"] and entry["source"] == place.source
    parts = {"box": BOX, "other": BOX, "image": IMAGE, "category": CLASS}
    named = {
        (parts.get(role) or record["part"], record["source"], record["record"])
        for role, record in entry["records"].items()
    }
    return (place.part, place.source, place.record) in named


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_clean_twin_is_clean(format_: str, seed: int, tmp_path: Path):
    assert findings(written(planted(format_, seed=seed), tmp_path)) == []


@pytest.mark.parametrize("defect", EVERY, ids=str)
def test_a_planted_defect_is_found_where_it_is(defect: Defect, tmp_path: Path):
    labels = planted(defect.format, [defect])
    entries = findings(written(labels, tmp_path))
    assert [one["message"] for one in entries if faults(one["message"])] == []
    assert is_found(defect, labels.places[defect], entries), entries[:5]
    if not defect.alone:
        assert elsewhere(labels, defect, entries) == []


def elsewhere(labels: Planted, defect: Defect, entries: list[Entry]) -> list[Entry]:
    """Findings in pictures that have nothing to do with the defect."""
    touched = {labels.images[defect].name, *(p.name for p in labels.scene.images[-EMPTY:])}
    if labels.places[defect].part == CLASS:
        touched.update(image.name for image in labels.scene.shared)
    known = {image.name for image in labels.scene.images} - touched
    return [entry for entry in entries if entry["image"] in known]


@pytest.mark.parametrize("format_", FORMATS)
def test_defects_that_are_planted_together_are_all_found(format_: str, tmp_path: Path):
    chosen = [defect for defect in BESIDE if defect.format == format_]
    labels = planted(format_, chosen)
    entries = findings(written(labels, tmp_path))
    lost = [str(one) for one, place in labels.places.items() if not is_found(one, place, entries)]
    assert lost == []


@pytest.mark.parametrize("defect", CAUSES, ids=str)
def test_one_cause_is_one_finding_not_one_for_each_box(defect: Defect, tmp_path: Path):
    entries = findings(written(planted(defect.format, [defect]), tmp_path))
    assert [entry["name"] for entry in entries] == [defect.rule]


NAMING = [defect for defect in EVERY if RULES[code_of(defect)].names_causes]


@pytest.mark.parametrize("defect", NAMING, ids=str)
def test_what_may_explain_other_findings_says_which_labels_are_wrong(
    defect: Defect, tmp_path: Path
):
    dataset = written(planted(defect.format, [defect]), tmp_path)
    found = audit(dataset, select=[code_of(defect)])
    found = found[found.severity >= Severity.WARNING]
    for one, affected in zip(found, found.affects.tolist(), strict=True):
        missing = one.other is not None  # an object that another one drew
        assert one.box is not None or affected is not None or missing, one
    boxes, rated = overview(scan(dataset, Options(select=(code_of(defect),)))), bool(len(found))
    assert (boxes.boxes.errors + boxes.images.errors > 0) is rated


@pytest.mark.parametrize("format_", FORMATS)
def test_what_fixes_mend_is_not_found_again_and_undo_restores_it(format_: str, tmp_path: Path):
    chosen = [defect for defect in BESIDE if defect.format == format_]
    before = written(planted(format_, chosen), tmp_path)
    found = audit(before)
    applied = apply(before, found.rows(fixable(found)))
    mended = set(
        findings_file.fingerprints(found.rows(fixable(found)).rows(applied.applied), before)
    )
    saved = save(applied.dataset, tmp_path / "cleaned")
    after = load(cleaned_path(format_, tmp_path / "cleaned"))
    assert mended
    assert mended & set(findings_file.fingerprints(audit(after), after)) == set()
    originals = {path: (before.root / path).read_bytes() for path in before.files.path.tolist()}
    undo(saved.path)
    restored = {path: (saved.path / path).read_bytes() for path in originals}
    assert restored == originals


def cleaned_path(format_: str, folder: Path) -> Path:
    return folder / "data.yaml" if format_ == "yolo" else folder


def test_there_are_at_least_45_kinds_and_most_rules_have_one():
    assert len({defect.kind for defect in EVERY}) >= 45
    rules = {rule.name for rule in RULES.values() if rule.family in FAMILIES}
    assert rules - {defect.rule for defect in EVERY} == NOT_PLANTED
    assert {defect.rule for defect in EVERY} <= rules
