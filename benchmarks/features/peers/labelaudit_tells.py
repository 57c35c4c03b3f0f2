"""Features that tell: reports, other tools, pipelines, notebooks, help."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pyarrow.parquet
from labelaudit_process import ROOT, copied, ours
from probe import Answer, yes_if

import labelaudit


def report(folder: Path, _: Path) -> Answer:
    schema = json.loads(ours("schema", "report").stdout)
    said = json.loads(
        ours(
            "scan", folder / "labels.json", "--output-format", "json", "--exit-zero", "--quiet"
        ).stdout
    )
    jsonschema.validate(said, schema)
    return yes_if(said["findings"], "valid by the schema that labelaudit schema report prints")


def written(folder: Path, here: Path, *names: str) -> list[str]:
    """The reports that hold a finding."""
    words = [word for name in names for word in ("--output", f"{name}={here / name}")]
    ended = ours("scan", folder / "labels.json", *words, "--exit-zero", "--quiet")
    if ended.returncode:
        raise RuntimeError(ended.stderr[-300:])
    return [name for name in names if b"GEO001" in (here / name).read_bytes()]


def reports(folder: Path, here: Path) -> Answer:
    names = ("sarif", "junit", "github", "gitlab")
    return yes_if(len(written(folder, here, *names)) == len(names), ", ".join(names))


def tables(folder: Path, here: Path) -> Answer:
    written(folder, here, "csv", "parquet")
    rows = pyarrow.parquet.read_table(here / "parquet").num_rows
    found = labelaudit.audit(labelaudit.load(folder / "labels.json"))
    return yes_if(rows and hasattr(found, "__arrow_c_stream__"), "CSV, Parquet, Arrow")


def html(folder: Path, here: Path) -> Answer:
    written(folder, here, "html")
    text = (here / "html").read_text()
    outside = re.findall(r'(?:src|href)="https?://[^"]+"', text)
    loads = [one for one in outside if one.startswith("src")]
    return yes_if(
        "zero-area" in text and not loads, f"{len(text) / 1e6:.1f} MB with crops, loads nothing"
    )


def hand_over(folder: Path, here: Path) -> Answer:
    ours("scan", folder / "labels.json", "--queue", here / "q.sqlite", "--exit-zero", "--quiet")
    done = [
        tool
        for tool in ("cvat", "labelstudio", "fiftyone")
        if not ours(
            "queue", "export", here / "q.sqlite", here / f"{tool}.xml", "--to", tool
        ).returncode
    ]
    return yes_if(len(done) == 3, ", ".join(done))


def hand_back(folder: Path, here: Path) -> Answer:
    ours("scan", folder / "labels.json", "--queue", here / "q.sqlite", "--exit-zero", "--quiet")
    ours("queue", "export", here / "q.sqlite", here / "cvat.xml", "--to", "cvat")
    text = (here / "cvat.xml").read_text()
    answered, count = re.subn(
        r'(<attribute name="decision">)[^<]*(</attribute>)', r"\1accept\2", text, count=1
    )
    (here / "cvat.xml").write_text(answered)
    ended = ours("queue", "import", here / "q.sqlite", here / "cvat.xml", "--reviewer", "ann")
    said = json.loads(ours("queue", "show", here / "q.sqlite", "--output-format", "json").stdout)
    return yes_if(
        count and said["decided"],
        f"{said['decided']} decision of CVAT's XML"
        if said["decided"]
        else ended.stdout[-200:] + ended.stderr[-200:],
    )


def exit_code(folder: Path, _: Path) -> Answer:
    words = ("scan", folder / "labels.json", "--quiet", "--select")
    seen = [
        ours(*words, "GEO001").returncode,
        ours(*words, "GEO009", "--fail-on", "error").returncode,
        ours("scan", folder / "none.json").returncode,
    ]
    return yes_if(
        seen == [1, 0, 2],
        f"an error {seen[0]}, a warning with --fail-on error {seen[1]}, no labels {seen[2]}",
    )


def baseline(folder: Path, here: Path) -> Answer:
    ours("scan", folder / "labels.json", "--write-baseline", here / "known.json", "--quiet")
    again = ours(
        "scan", folder / "labels.json", "--baseline", here / "known.json", "--quiet"
    ).returncode
    return yes_if(again == 0, "a file of fingerprints, which survive reordering")


def hook(_: Path, __: Path) -> Answer:
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "pre_commit",
            "validate-manifest",
            str(ROOT / ".pre-commit-hooks.yaml"),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    return yes_if(
        not ended.returncode,
        ".pre-commit-hooks.yaml is valid; tests/test_in_pipelines.py commits with it",
    )


def manifest(folder: Path, here: Path) -> Answer:
    labels = copied(folder, here)
    ours("scan", labels, "--manifest", here / "audit.json", "--exit-zero", "--quiet")
    same = ours("manifest", "check", here / "audit.json").returncode
    labels.write_text(labels.read_text().replace("RBC", "RBX"))
    changed = ours("manifest", "check", here / "audit.json")
    return yes_if(
        (same, changed.returncode) == (0, 1),
        f"exit codes {same}, after a change {changed.returncode}",
    )


def notebook(folder: Path, _: Path) -> Answer:
    found = labelaudit.audit(labelaudit.load(folder / "labels.json"))
    text = found._repr_html_()  # type: ignore[attr-defined]
    return yes_if("<img" in text, f"{text.count('<img')} pictures in a cell; plot() by matplotlib")


def explained(_: Path, __: Path) -> Answer:
    rule, tab = ours("rules", "zero-area").stdout, ours("completion", "bash").stdout
    return yes_if("GEO001" in rule and "complete" in tab, "rules zero-area, completion bash")
