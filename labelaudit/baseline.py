"""Baselines: the findings that a project knows about and has agreed to live with.

A baseline is a JSON file of fingerprints with how often each occurs. Fingerprints are made of
content, so a baseline stays good when records are reordered or renumbered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from labelaudit.errors import ConfigError
from labelaudit.table import Bools

SCHEMA_VERSION = 1


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """What stands in a baseline file."""

    schema_version: int
    fingerprints: dict[str, int]  # fingerprint: how many findings have it


def read_baseline(path: Path) -> Mapping[str, int]:
    """How many findings of each fingerprint are known.

    Raises
    ------
    ConfigError
        if the file cannot be read or is no baseline.
    """
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except OSError as error:
        raise ConfigError(
            f"{path}: the baseline cannot be read: {error.strerror}; --write-baseline makes one"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not a baseline: {error}") from error
    if file.schema_version != SCHEMA_VERSION:
        raise ConfigError(
            f"{path}: a baseline of version {file.schema_version}, expected {SCHEMA_VERSION}; "
            "write it again with --write-baseline"
        )
    return file.fingerprints


def write_baseline(path: Path, fingerprints: Sequence[str]) -> None:
    """Make all findings with these fingerprints known."""
    counts = dict(sorted(Counter(fingerprints).items()))
    file = msgspec.json.encode(_File(SCHEMA_VERSION, counts))
    path.write_bytes(msgspec.json.format(file, indent=2) + b"\n")


def known(fingerprints: Sequence[str], baseline: Mapping[str, int]) -> Bools:
    """Which findings the baseline knows, (n,).

    Of findings that share a fingerprint, only as many are known as the baseline counts.

    >>> known(["a", "b", "a"], {"a": 1}).tolist()
    [True, False, False]
    """
    left = Counter(baseline)
    mask = np.zeros(len(fingerprints), bool)
    for row, fingerprint in enumerate(fingerprints):
        if left[fingerprint] > 0:
            left[fingerprint] -= 1
            mask[row] = True
    return mask
