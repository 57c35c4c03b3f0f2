"""Baselines: the findings that a project knows about and has agreed to live with.

A baseline is a JSON file of fingerprints, by rule. Fingerprints are made of content, so a baseline
stays good when records are reordered or renumbered.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.findings_file import fingerprints
from labelaudit.core.whole_files import replacing
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError

SCHEMA_VERSION = 1


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """What stands in a baseline file."""

    schema_version: int
    findings: dict[str, list[str]]  # rule code: fingerprints


def read_baseline(path: Path) -> frozenset[str]:
    """The fingerprints of the findings that are known; see `known_by_rule`."""
    return frozenset(known for of_rule in known_by_rule(path).values() for known in of_rule)


def known_by_rule(path: Path) -> Mapping[str, frozenset[str]]:
    """The fingerprints of the findings that are known, by the code of their rule.

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
    return {code: frozenset(of_rule) for code, of_rule in file.findings.items()}


def write_baseline(path: Path, findings: Findings, dataset: Dataset) -> None:
    """Make these findings known from now on.

    Parameters
    ----------
    path:
        of the file, which is written anew, at once.
    findings:
        all that are known.
    dataset:
        the dataset that the findings are about.
    """
    by_rule: dict[str, list[str]] = {}
    prints = fingerprints(findings, dataset)
    for code, fingerprint in zip(findings.code.tolist(), prints, strict=True):
        by_rule.setdefault(code, []).append(fingerprint)
    ordered = {code: sorted(of_rule) for code, of_rule in sorted(by_rule.items())}
    file = msgspec.json.encode(_File(SCHEMA_VERSION, ordered))
    with replacing(path) as out:
        out.write(msgspec.json.format(file, indent=2) + b"\n")
