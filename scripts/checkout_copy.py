"""A copy of the checkout in which code may be broken."""

from __future__ import annotations

import shutil
from pathlib import Path

from import_graph import PACKAGE

COPIED = ("labelaudit", "tests", "benchmarks", "scripts", "examples", "docs", "README.md")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "results")


def copy_checkout(folder: Path, settings: str) -> None:
    """Make a copy with more settings in its pyproject.toml; one that is there is gone on with.

    The compiled parts are copied, too, as they are.
    """
    if (folder / "pyproject.toml").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source, target = PACKAGE.parent / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=LEFT_OUT, symlinks=True)
        else:
            shutil.copy2(source, target)
    text = (PACKAGE.parent / "pyproject.toml").read_text("utf-8")
    (folder / "pyproject.toml").write_text(text + settings, "utf-8")  # last: then it is whole
