"""What reports of many datasets hold, and what a schema finds wrong with it."""

from __future__ import annotations

import functools
import io
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from benchmarks.planted.planting import FORMATS, defects, planted
from labelaudit.auditing.contract.read import read_contract
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, fixed, scan
from labelaudit.io.load import load
from labelaudit.reports import REPORTS
from labelaudit.schemas import schema
from labelaudit.testing import images, with_label_issues

BCCD = Path(__file__).parents[2] / "examples" / "bccd"

CONTRACT = {
    "classes": ["car"],
    "box-side": {"min": 31, "max-share": 0.1},
    "boxes-per-image": {"max": 9},
    "targets": [{"rule": "zero-area", "class": "car", "max": 0}, {"rule": "wrong-class", "max": 0}],
}

STREET = images(
    {"a.jpg": ["car 0 0 0 40", "car 100 0 140 40"], "b.jpg": ["bus 0 0 0 40", "bus 9 9 40 40"]}
)
DOUBTS = ("1 wrong_class 0.97 bus", "3 loose_box 0.6 9 9 30 30", "missing 0.8 1 car 30 30 60 60")


def problems(name: str, value: Any) -> list[str]:
    """What the schema of this name finds wrong with a value, with the place of each."""
    return [
        f"{error.json_path}: {error.message[:200]}" for error in validator(name).iter_errors(value)
    ]


@functools.cache
def validator(name: str) -> Draft202012Validator:
    """What checks values by the schema of this name, which is one itself."""
    made = schema(name)
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def text(name: str, found: Scan) -> str:
    out = io.StringIO()
    REPORTS[name].write(found, out)
    return out.getvalue()


@pytest.fixture(scope="package")
def scans(tmp_path_factory: pytest.TempPathFactory) -> list[Scan]:
    """Scans of what tests plant in each format, of a model, a contract and photographs."""
    every = []
    for format_ in FORMATS:
        chosen = [defect for defect in defects(format_) if not defect.alone]
        labels = planted(format_, chosen).labels
        dataset = load(labels.write(tmp_path_factory.mktemp(format_) / "dataset"))
        found = scan(dataset, Options(by=("class", "folder")))
        every += [found, fixed(found, unsafe=True)]
    context = with_label_issues(STREET, *DOUBTS)
    every.append(scan(STREET, Options(), label_issues=context.label_issues))
    every.append(scan(STREET, Options(contract=read_contract(CONTRACT))))
    every.append(scan(load(BCCD), Options(by=("split",))))
    return every
