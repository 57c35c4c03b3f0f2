"""How a scan was told to read a dataset, which its manifest keeps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class HowRead:
    """How a scan was told to read a dataset."""

    images: tuple[Path, ...] = ()
    format: str | None = None
    split: str | None = None
    exclude: tuple[str, ...] = ()
    baseline: Path | None = None
