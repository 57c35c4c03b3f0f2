"""Running the command line in this process, on small COCO files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import labelaudit
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.cli import main
from labelaudit.label_errors import find
from labelaudit.testing import with_label_issues


@dataclass(frozen=True)
class Ran:
    """What one command line came to."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch) -> Callable[..., Ran]:
    """Runs a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def ran(*words: str | Path) -> Ran:
        code = main([str(word) for word in words])
        return Ran(code, *capsys.readouterr())

    return ran


@pytest.fixture
def coco(tmp_path: Path) -> Callable[..., Path]:
    """Writes a COCO file of boxes: image, class, x, y, width, height."""

    def written(*boxes: tuple[Any, ...], name: str = "labels.json", **more: Any) -> Path:
        images = list(dict.fromkeys(box[0] for box in boxes))
        classes = list(dict.fromkeys(box[1] for box in boxes))
        content = {
            "images": [
                {"id": number, "file_name": image, "width": 640, "height": 480}
                for number, image in enumerate(images, 1)
            ],
            "annotations": [
                {
                    "id": number,
                    "image_id": images.index(box[0]) + 1,
                    "category_id": classes.index(box[1]) + 1,
                    "bbox": list(box[2:6]),
                    "area": box[4] * box[5],
                    "iscrowd": 0,
                }
                for number, box in enumerate(boxes, 1)
            ],
            "categories": [{"id": n, "name": label} for n, label in enumerate(classes, 1)],
        }
        path = tmp_path / name
        path.write_text(json.dumps(content | more), encoding="utf-8")
        return path

    return written


DOUBTS = ("0 wrong_class 0.97 bus", "1 spurious 0.6", "missing 0.8 1 car 300 300 350 350")


@pytest.fixture
def ranking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes predictions only rank labels: thirty are doubted a little."""

    def said(dataset: labelaudit.Dataset, *rest: Any, **more: Any) -> LabelIssues:
        doubts = [f"{row} spurious {0.4 - row / 100}" for row in range(30)]
        label_issues = with_label_issues(dataset, *doubts, max_share=1.0).label_issues
        assert label_issues is not None
        return label_issues

    monkeypatch.setattr(find, "by_predictions", said)


@pytest.fixture
def opinion(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Makes every second opinion the same; holds what was asked."""
    asked: list[dict[str, Any]] = []

    def said(dataset: labelaudit.Dataset, *rest: Any, **more: Any) -> LabelIssues:
        asked.append({"rest": rest, **more})
        label_issues = with_label_issues(dataset, *DOUBTS).label_issues
        assert label_issues is not None
        label_issues.boxes.was_scored[2] = False
        label_issues.boxes.abstention_reason[2] = "too small"
        return label_issues

    monkeypatch.setattr(find, "by_predictions", said)
    monkeypatch.setattr(find, "by_detector", said)
    return asked
