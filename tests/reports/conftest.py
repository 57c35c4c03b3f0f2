"""A scan that the reports show, its findings made by hand: rules may change what they say."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.run import Options, chosen_rules
from labelaudit.auditing.scan import Scan, scan
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.io.formats import FORMATS
from labelaudit.io.load import load
from labelaudit.reports.places import PROJECT_VARIABLES
from labelaudit.testing import images

IMAGES = 5
PER_IMAGE = ("car 10 10 60 60", "car 200 20 200 60", "bus 10 10 60 60", "van 600 100 700 180")


def only_read(dataset: Dataset) -> Dataset:
    """The dataset as one whose files cannot be changed."""
    name = next(format_.name for format_ in FORMATS.values() if format_.patch is None)
    return dataclasses.replace(dataset, format=name)


def findings(
    code: str, name: str, severity: Severity, message: str, *, box: int, safety: Safety | None
) -> Findings:
    """A finding in every image, about its box number `box`."""
    fix = np.empty(IMAGES, object)
    rows = np.arange(IMAGES) * len(PER_IMAGE) + box
    if safety:
        fix[:] = [Fix("drop", safety, RecordType.BOX, row) for row in rows.tolist()]
    return Findings.of(
        IMAGES,
        code=[code] * IMAGES,
        name=[name] * IMAGES,
        severity=np.full(IMAGES, severity),
        file=np.zeros(IMAGES),
        image=np.arange(IMAGES),
        box=rows,
        message=[message] * IMAGES,
        fix=fix,
    )


@pytest.fixture
def found() -> Scan:
    """Findings of every severity, with and without fixes, more than are shown."""
    dataset = images({f"train/{number:06}.jpg": PER_IMAGE for number in range(IMAGES)})
    conflict = findings(
        "DUP003",
        "conflicting-classes",
        Severity.WARNING,
        "bus and car in one place: the boxes overlap by 1.00, and this goes on for a while",
        box=2,
        safety=None,
    )
    parts = [
        findings("GEO001", "zero-area", Severity.ERROR, "car is flat", box=1, safety=Safety.SAFE),
        dataclasses.replace(
            conflict,
            other=conflict.box - 2,
            severity=np.array([1, 1, 1, 0, 0], np.uint8),
        ),
        findings("GEO005", "beyond", Severity.WARNING, "60 px", box=3, safety=Safety.UNSAFE),
        findings("CLS004", "rare-class", Severity.INFO, "car is rare", box=0, safety=None).rows(
            slice(2)
        ),
    ]
    return Scan(
        dataclasses.replace(dataset, sources=(Path("labels.json"),)),
        Findings.concat(parts),
        tuple(chosen_rules(["GEO001", "GEO005", "DUP003", "CLS004"])),
        seconds=0.25,
    )


@pytest.fixture
def labelled_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scan:
    """A flat box in the second line of a label file, in a folder of an awkward name."""
    monkeypatch.chdir(tmp_path)
    for name in PROJECT_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "my data%"
    (folder / "labels").mkdir(parents=True)
    (folder / "images").mkdir()
    Image.new("RGB", (64, 48)).save(folder / "images" / "a.jpg")
    (folder / "data.yaml").write_text("train: images\nval: images\nnames: [car]\n", "utf-8")
    (folder / "labels" / "a.txt").write_text("0 0.5 0.5 0.2 0.2\n0 0.5 0.5 0.1 0\n", "utf-8")
    return scan(load(folder / "data.yaml"), Options(select=("GEO001",)))
