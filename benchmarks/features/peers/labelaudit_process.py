"""labelaudit as a process of its own, and what it says of labels and images."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
BCCD = ROOT / "examples" / "bccd"
SMALL = ("--image-size", "128", "128", "--epochs", "1")


def ours(*words: object, given: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "labelaudit", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, check=False, capture_output=True, text=True, input=given, env=environment
    )


def scan(*words: object) -> list[Any]:
    """The findings of a scan."""
    ended = ours("scan", *words, "--output-format", "json", "--exit-zero", "--quiet")
    if ended.returncode:
        raise RuntimeError(ended.stderr[-300:])
    return list(json.loads(ended.stdout)["findings"])


def planted_in(folder: Path) -> Any:
    return json.loads((folder / "planted.json").read_text())


def codes(found: list[Any], number: int) -> list[str]:
    """The rules that name an annotation."""
    return sorted(
        {one["code"] for one in found if one["annotations"] and one["annotations"][0] == number}
    )


def of_image(found: list[Any], name: str) -> list[str]:
    """The rules that name an image."""
    return sorted({one["code"] for one in found if one["image"] == name or name in one["message"]})


def copied(folder: Path, here: Path) -> Path:
    """The labels and images, to be changed."""
    (here / "images").symlink_to(folder / "images")
    return Path(shutil.copyfile(folder / "labels.json", here / "labels.json"))
