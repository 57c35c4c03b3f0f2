"""SARIF 2.1.0 (OASIS): what code scanning of GitHub and editors read.

Coordinates of boxes have no place there and stand in the property bags of results; what was not
checked is a notification of the tool's configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from labelaudit.auditing.findings_file import encoded, entries
from labelaudit.auditing.rule import RULES, Rule
from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import encodable
from labelaudit.core.later import later
from labelaudit.core.mirror_names import is_url, shown
from labelaudit.core.version import __version__
from labelaudit.reports import REPORTS, Report
from labelaudit.reports.places import Places
from labelaudit.reports.regions import Region, Regions
from labelaudit.reports.sarif_fixes import SarifFixes, region_object

# A scan that writes another report does without these.
_quote = later("urllib.parse", "quote")
_page = later("labelaudit.auditing.rule_docs", "page")

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
BASE = "SRCROOT"
"""What paths within the project are relative to."""

LEVELS: Mapping[str, str] = {"error": "error", "warning": "warning", "info": "note"}
PROBLEMS: Mapping[str, str] = {"error": "error", "warning": "warning", "info": "recommendation"}
"""What GitHub calls the severity of a rule that is not about security."""

_SHOWN = ("image", "classes", "boxes", "annotations", "place", "probability", "doubt", "fix")


def write(scan: Scan, out: TextIO) -> None:
    """Write a log of one run, a result a line; results are made one at a time."""
    places = Places(scan.dataset)
    codes = _codes(scan)
    run = {
        "tool": {"driver": _driver(codes)},
        "invocations": [_invocation(scan, codes)],
        "originalUriBaseIds": {BASE: {"uri": f"{places.folder.as_uri().rstrip('/')}/"}},
        "columnKind": "unicodeCodePoints",
        "properties": _properties(scan),
    }
    out.write(f'{{"$schema":"{SCHEMA}","version":"2.1.0","runs":[{_open(run)},"results":[')
    shown = _Shown.of(scan, codes, places)
    separator = "\n"
    for row, entry in enumerate(entries(scan.findings, scan.dataset)):
        out.write(separator + encoded(_result(row, entry, shown)).decode())
        separator = ",\n"
    out.write("\n]}]}\n")


def _open(value: Mapping[str, Any]) -> str:
    """An object in JSON without its last brace."""
    return encoded(value).decode()[:-1]


def _codes(scan: Scan) -> list[str]:
    """The codes of rules that the run speaks of, in order."""
    found = set(scan.findings.code.tolist())
    return sorted(found | {rule.code for rule in scan.rules} | set(scan.not_checked))


def _driver(codes: list[str]) -> dict[str, Any]:
    return {
        "name": "labelaudit",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(RULES[code]) if code in RULES else {"id": code} for code in codes],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    said = _page(rule)
    paragraphs = [said.summary, *said.paragraphs]
    settings = [f"{one.name}: {one.text}" for one in said.settings]
    severity = str(rule.severity)
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": said.summary},
        "fullDescription": {"text": " ".join(paragraphs[:2])},
        "help": {
            "text": "\n\n".join([*paragraphs, *settings]),
            "markdown": "\n\n".join([*paragraphs, *(f"- {line}" for line in settings)]),
        },
        "defaultConfiguration": {"level": LEVELS[severity]},
        "properties": {"tags": [rule.family], "problem.severity": PROBLEMS[severity]},
    }


def _invocation(scan: Scan, codes: list[str]) -> dict[str, Any]:
    """What the run did not do: rules with nothing to look at, fixes that could not be applied."""
    return {
        "executionSuccessful": True,
        "toolConfigurationNotifications": [
            {
                "level": "note",
                "message": {"text": message_text(f"{code} was not checked: {reason}")},
                "associatedRule": {"id": code, "index": codes.index(code)},
            }
            for code, reason in scan.not_checked.items()
        ],
        "toolExecutionNotifications": [
            {
                "level": "warning",
                "message": {"text": message_text(f"not fixed: {encodable(conflict)}")},
            }
            for conflict in scan.conflicts
        ],
    }


def _properties(scan: Scan) -> dict[str, Any]:
    dataset = scan.dataset
    return {
        "format": dataset.format,
        "sources": [encodable(shown(Path(path).as_posix())) for path in dataset.sources],
        "images": len(dataset.images),
        "boxes": dataset.box_count,
        "knownFindings": scan.known,
        "fixed": dict(scan.fixed),
        "notes": [encodable(note) for note in dataset.notes],
    }


@dataclass(frozen=True)
class _Shown:
    """What results need of a scan."""

    number: Mapping[str, int]  # of each rule, by its code
    places: Places
    regions: Regions
    fixes: SarifFixes

    @classmethod
    def of(cls, scan: Scan, codes: list[str], places: Places) -> _Shown:
        """What those of a scan need; its rules are in that order."""
        paths = scan.dataset.files.path
        fixes = SarifFixes(scan, lambda file: _artifact(places.path({"source": str(paths[file])})))
        number = {code: row for row, code in enumerate(codes)}
        return cls(number, places, Regions(scan.findings, scan.dataset), fixes)


def _result(row: int, entry: dict[str, Any], shown: _Shown) -> dict[str, Any]:
    alike, _, which = entry["fingerprint"].partition("-")
    result: dict[str, Any] = {
        "ruleId": entry["code"],
        "ruleIndex": shown.number[entry["code"]],
        "level": LEVELS[entry["severity"]],
        "message": {
            "text": message_text(": ".join(filter(None, (entry["image"], entry["message"]))))
        },
        "locations": [_location(entry, _artifact(shown.places.path(entry)), shown.regions[row])],
        # Who sends this to GitHub works the second out where it lacks: the same for all findings
        # of a file without lines, of which one would be shown.
        "partialFingerprints": {
            "labelaudit/v1": entry["fingerprint"],
            "primaryLocationLineHash": f"{alike}:{which or 1}",
        },
        "properties": {key: entry[key] for key in _SHOWN if entry[key] not in (None, [])},
    }
    if entry["probability"] is not None:
        result["rank"] = round(100 * entry["probability"], 3)
    if fixes := list(shown.fixes.of(row, entry["fix"] or {})):
        result["fixes"] = fixes
    return result


def _location(entry: Mapping[str, Any], artifact: Mapping[str, str], region: Region | None) -> Any:
    """Where a finding is; JSON.

    Parameters
    ----------
    entry:
        the finding as the fix list has it.
    artifact:
        its file.
    region:
        of its record in it, where it is known.
    """
    physical: dict[str, Any] = {"artifactLocation": artifact}
    if region:
        physical["region"] = region_object(region)
    location: dict[str, Any] = {"physicalLocation": physical}
    if entry["place"]:
        location["logicalLocations"] = [{"name": entry["place"], "kind": "element"}]
    return location


def _artifact(path: str) -> dict[str, str]:
    if Path(path).is_absolute():
        return {"uri": _quote(path, safe="/:@") if is_url(path) else Path(path).as_uri()}
    return {"uri": _quote(path.encode("utf-8", "surrogateescape")), "uriBaseId": BASE}


def message_text(words: str) -> str:
    """Words as a message that is taken for nothing else.

    Braces are written twice, as section 3.11.5 of the standard has it, else `{0}` is a placeholder.
    `[a](b)` is a link by section 3.11.6. A backslash would end that for those who read it by the
    standard alone, so a blank goes between the brackets.

    >>> message_text("[a](1) {0}")
    '[a] (1) {{0}}'
    """
    return words.replace("](", "] (").replace("{", "{{").replace("}", "}}")


REPORTS.add("sarif", Report("sarif", "SARIF 2.1.0, for code scanning and editors", write))
