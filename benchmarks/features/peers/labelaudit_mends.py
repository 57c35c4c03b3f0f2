"""Features that mend labels: fixes, undo, the page and the terminal, several people."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from labelaudit_process import ROOT, copied, ours, planted_in
from probe import Answer, partly_if, yes_if


def fixes(folder: Path, here: Path) -> Answer:
    labels = copied(folder, here)
    before = labels.read_bytes()
    shown = ours("scan", labels, "--select", "GEO", "--diff", "--exit-zero").stdout
    unchanged = labels.read_bytes() == before
    ours("scan", labels, "--select", "GEO", "--fix", "--exit-zero")
    cleaned = here / "labels.cleaned.json"
    gone = planted_in(folder)["box without width"] not in {
        one["id"] for one in json.loads(cleaned.read_text())["annotations"]
    }
    return yes_if(
        unchanged and "-" in shown and gone, "safe ones; others by --unsafe-fixes or a person"
    )


def byte_for_byte(folder: Path, here: Path) -> Answer:
    labels = copied(folder, here)
    ours("fix", labels, "--select", "GEO001")
    old, new = (
        labels.read_text().splitlines(),
        (here / "labels.cleaned.json").read_text().splitlines(),
    )
    kept = [line for line in new if line in set(old)]
    return yes_if(
        len(kept) == len(new) and len(new) < len(old),
        f"{len(old) - len(new)} lines of one record are gone, {len(new):,} are as they were",
    )


def undo(folder: Path, here: Path) -> Answer:
    labels = copied(folder, here)
    ours("fix", labels, "--select", "GEO001")
    changed = (here / "labels.cleaned.json").read_bytes() != labels.read_bytes()
    ours("undo", here / "labels.cleaned.json")
    return yes_if(
        changed and (here / "labels.cleaned.json").read_bytes() == labels.read_bytes(),
        "byte for byte",
    )


def versions(folder: Path, _: Path) -> Answer:
    said = json.loads(
        ours(
            "diff", folder / "truth.json", folder / "labels.json", "--output-format", "json"
        ).stdout
    )
    return yes_if(
        {"box added", "box removed", "box moved", "box relabelled"} <= set(said["differences"]),
        ", ".join(said["differences"]),
    )


def page(folder: Path, here: Path) -> Answer:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [
        sys.executable,
        "-m",
        "labelaudit",
        "review",
        str(folder / "labels.json"),
        "--queue",
        str(here / "q.sqlite"),
        "--no-browser",
    ]
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    assert server.stdout
    said = []
    try:
        for line in server.stdout:
            said.append(line)
            if found := re.search(r"(http://127\.0\.0\.1:\d+)/\?token=(\S+)", line):
                break
        else:
            return "failed", "".join(said)[-300:]

        def asked(path: str, content: Any = None) -> Any:
            data = None if content is None else json.dumps(content).encode()
            headers = {
                "Authorization": f"Bearer {found[2]}",
                "X-Reviewer": "ann",
                "Content-Type": "application/json",
            }
            request = urllib.request.Request(found[1] + path, data, headers)
            return json.loads(urllib.request.urlopen(request, timeout=60).read())

        item = asked("/api/items?order=value&count=1")["items"][0]["id"]
        decision = {"item": item, "verdict": "accept", "seen": None, "note": None}
        asked(
            "/api/decisions",
            {"uuid": "0f8fad5b-d9cb-469f-a165-70867728950e", "decisions": [decision]},
        )
        paths = asked("/api/openapi.json")["paths"]
        return yes_if(
            {"/api/boxes", "/api/changes"} <= set(paths),
            "one decided by its API; boxes are added and changed by /api/boxes, /api/changes",
        )
    finally:
        server.terminate()


def people(folder: Path, here: Path) -> Answer:
    for number in (1, 2):
        ours(
            "scan",
            folder / "labels.json",
            "--queue",
            here / f"{number}.sqlite",
            "--exit-zero",
            "--quiet",
        )
    said = ours("queue", "show", here / "1.sqlite", "--output-format", "json").stdout
    return partly_if(
        "disagreements" in json.loads(said),
        "names without accounts; disagreements are told, queues are put together",
        said,
    )


def terminal(folder: Path, here: Path) -> Answer:
    ended = ours(
        "review", folder / "labels.json", "--terminal", "--queue", here / "q.sqlite", given="a\nq\n"
    )
    said = json.loads(ours("queue", "show", here / "q.sqlite", "--output-format", "json").stdout)
    return yes_if(
        said["decided"] == 1,
        "one accepted by the key a"
        if said["decided"]
        else ended.stdout[-300:] + ended.stderr[-300:],
    )
