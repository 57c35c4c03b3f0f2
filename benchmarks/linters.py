"""Tools that check labels: how each is run, and how its report is read as a list of remarks."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).parent / "peers"
TIMEOUT_S = 120

Json = Any  # whatever a tool prints
_PARTS = {"box": "annotations", "other": "annotations", "image": "images", "category": "categories"}
_ANNOTATION = re.compile(r"Annotation '([^']*)'")
_LABEL = re.compile(r"[Tt]he label '([^']*)'")


@dataclass(frozen=True)
class Remark:
    """One thing that a tool says."""

    code: str  # the tool's own word for it
    about: frozenset[str] = frozenset()  # ids and names that it gives; none: the file as a whole


@dataclass(frozen=True)
class Linter:
    """One tool on one format; `{path}` in its command stands for the dataset."""

    name: str
    package: str
    command: tuple[str, ...]
    read: Callable[[Json], Iterator[Remark]]
    one_file: bool = False  # whether it reads one file at a time; of a folder, each in turn

    def remarks(self, path: Path) -> list[Remark] | None:
        """What the tool says of a dataset; None if it ends without a report on some of it."""
        if not (self.one_file and path.is_dir()):
            return self._report(path)
        reports = [self._report(file) for file in sorted(path.glob("annotations/*.json"))]
        return None if None in reports else [one for report in reports for one in report or []]

    def _report(self, path: Path) -> list[Remark] | None:
        command = [word.format(path=path) for word in self.command]
        ended = subprocess.run(command, check=False, capture_output=True, timeout=TIMEOUT_S)
        try:
            report = json.loads(ended.stdout)
        except ValueError:
            return None
        return list(self.read(report))


def linters(format_: str, labelaudit: Sequence[str], peers: Path | None) -> list[Linter]:
    """The tools that read a format, ours first; only ours without the peers' interpreter."""
    scan = (*labelaudit, "scan", "{path}", "--exit-zero", "--quiet", "--output-format", "json")
    ours = Linter("labelaudit", "labelaudit", scan, of_labelaudit)
    if peers is None:
        return [ours]
    command = ("validate", "{path}", "--format", format_, "--output", "json")
    one_file = format_ == "coco"
    panlabel = (str(peers.with_name("panlabel")), *command)
    found = [ours, Linter("panlabel", "panlabel", panlabel, of_panlabel, one_file=one_file)]
    if one_file:
        health = _on(peers, "hotcoco_healthcheck")
        found.insert(1, Linter("hotcoco", "hotcoco", health, of_hotcoco, one_file=True))
        found.append(Linter("Datumaro", "datumaro", _on(peers, "datumaro_reports"), of_datumaro))
    return found


def _on(python: Path, program: str) -> tuple[str, ...]:
    return (str(python), str(PROGRAMS / f"{program}.py"), "{path}")


def of_labelaudit(report: Json) -> Iterator[Remark]:
    """It names records as `annotations labels.json 7`, by part, file and position."""
    for finding in report["findings"]:
        records = dict(finding["records"])
        about = [name for name in finding["classes"] if name and "box" not in records]
        if "box" in records:
            records.pop("image", None)
        about += [
            f"{_PARTS.get(role) or record['part']} {record['source']}"
            + (f" {record['record']}" if record["record"] >= 0 else "")
            for role, record in records.items()
        ]
        yield Remark(finding["name"], frozenset(about))


def of_hotcoco(report: Json) -> Iterator[Remark]:
    """It names records by id alone."""
    for remark in [*report["errors"], *report["warnings"]]:
        if not remark["affected_ids"]:
            yield Remark(remark["code"])
        for number in remark["affected_ids"]:
            yield Remark(remark["code"], frozenset([str(number)]))


def of_panlabel(report: Json) -> Iterator[Remark]:
    """It names records by kind and id; where a format has no ids, it counts them from 1."""
    for issue in report["issues"]:
        context = issue["context"]
        named = [f"{context['type']} {context['id']}"] if "id" in context else []
        yield Remark(issue["code"], frozenset(named))


def of_datumaro(report: Json) -> Iterator[Remark]:
    """It names an image by its file name without ending; annotations and classes in its words."""
    for remark in report:
        words = remark["description"]
        named = [*_ANNOTATION.findall(words), *([remark["item_id"]] if "item_id" in remark else [])]
        yield Remark(remark["anomaly_type"], frozenset(named or _LABEL.findall(words)))
