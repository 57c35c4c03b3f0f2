"""A scan that the reports show."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from labelaudit.scanning import Scan, scan
from labelaudit.testing import images


@pytest.fixture
def found() -> Scan:
    """Findings of every severity, with and without fixes, more than are shown."""
    dataset = images(
        {
            f"train/{number:06}.jpg": [
                f"car 10 10 {60 + number} 60",
                "car 200 20 200 60",
                "bus 10 10 60 60",
                "van 600 100 700 180",
            ]
            for number in range(5)
        }
    )
    dataset = dataclasses.replace(dataset, sources=(Path("labels.json"),))
    rules = ("GEO001", "GEO005", "DUP003", "CLS004")
    options = dataclasses.replace(scan(dataset).options, select=rules)
    return dataclasses.replace(scan(dataset, options), seconds=0.25)
