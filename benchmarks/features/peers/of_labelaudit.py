"""Tries labelaudit as its users do: by its commands, as processes of their own."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow.parquet
from probe import Answer, absent, partly_if, told, yes_if

import labelaudit
import labelaudit.torch
from labelaudit.io.formats import FORMATS

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


def impossible(folder: Path, _: Path) -> Answer:
    found, wanted = scan(folder / "labels.json", "--select", "GEO"), planted_in(folder)
    seen = [codes(found, wanted[kind]) for kind in ("box without width", "box outside")]
    return yes_if(all(seen), f"{seen}")


def twice(folder: Path, _: Path) -> Answer:
    seen = codes(scan(folder / "labels.json", "--select", "DUP"), planted_in(folder)["box twice"])
    return yes_if(seen, f"{seen}")


def broken(folder: Path, _: Path) -> Answer:
    found = scan(folder / "broken.json", "--select", "REF,GEO")
    record = [one["code"] for one in found if one["place"] == "annotations[5]"]
    other = codes(found, planted_in(folder)["box without width"])
    return yes_if(record and other, f"{record} of the record; of another {other}")


def rules(folder: Path, here: Path) -> Answer:
    shutil.copyfile(ROOT / "examples" / "own_rule.py", here / "own_rule.py")
    text = (
        'select = ["GEO", "DUP"]\nignore = ["GEO004"]\nplugins = ["own_rule.py"]\n'
        '[severities]\nzero-area = "info"\n'
    )
    (here / "labelaudit.toml").write_text(text)
    found, wanted = (
        scan(folder / "labels.json", "--config", here / "labelaudit.toml"),
        planted_in(folder),
    )
    milder = {one["severity"] for one in found if one["code"] == "GEO001"} == {"info"}
    left = codes(found, wanted["box outside"])
    listed = ours("rules", "--config", here / "labelaudit.toml").stdout
    own = re.search(r'@rule\(\s*"(\w+)"', (here / "own_rule.py").read_text())
    return yes_if(
        milder and "GEO004" not in left and own and own[1] in listed,
        f"chosen, set to info, {own and own[1]} added",
    )


def opinion(folder: Path) -> list[Any]:
    return scan(
        folder / "labels.json", "--select", "MOD", "--predictions", folder / "predictions.json"
    )


def wrong_classes(folder: Path, _: Path) -> Answer:
    found, wanted = opinion(folder), planted_in(folder)["wrong class"]
    seen = codes(found, wanted)
    if "MOD002" in seen:
        return "yes", f"{seen}"
    return partly_if(
        seen,
        f"named as {seen}, not as a wrong class: with these predictions, all of scores above .9",
        "not named",
    )


def wrong_boxes(folder: Path, _: Path) -> Answer:
    found, wanted = opinion(folder), planted_in(folder)
    proposed = [one["fix"]["changes"]["box"] for one in found if one["code"] == "MOD001"]
    missing = wanted["missing box"]["bbox"] in proposed
    seen = {kind: codes(found, wanted[kind]) for kind in ("loose box", "box on nothing")}
    return (
        "yes" if missing and all(seen.values()) else "partly"
    ), f"{seen}; the missing one {'proposed' if missing else 'not proposed'}"


def own_model(_: Path, here: Path) -> Answer:
    ended = ours(
        "scan",
        BCCD,
        "--detector",
        "--folds",
        2,
        *SMALL,
        "--cache",
        here,
        "--select",
        "MOD",
        "--exit-zero",
        "--quiet",
    )
    return yes_if(
        not ended.returncode and "second opinion" in ended.stdout,
        "--detector, folds by itself" if not ended.returncode else ended.stderr[-300:],
    )


def how_many(folder: Path, here: Path) -> Answer:
    predictions = ("--predictions", folder / "predictions.json")
    drawn = ours("sample", folder / "labels.json", "--count", 100, *predictions).stdout
    lines = [json.loads(line) for line in drawn.splitlines()]
    items = [one for one in lines if one["line"] == "item"]
    for number, item in enumerate(items):
        item["verdict"] = "ok" if number else "loose_box"
    (here / "judged.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    ended = ours("estimate", here / "judged.jsonl")
    said = [line for line in ended.stdout.splitlines() if re.match(r"\d+ \(\d+ to", line)]
    return yes_if(said, said[0] if said else ended.stderr[-300:])


def images(folder: Path, _: Path) -> Answer:
    found, wanted = scan(folder / "labels.json", "--select", "IMG"), planted_in(folder)
    seen = {
        kind: of_image(found, wanted[kind])
        for kind in ("image missing", "image damaged", "image blank")
    }
    return yes_if(all(seen.values()), f"{seen}")


def near(folder: Path, _: Path) -> Answer:
    found, wanted = scan(folder / "labels.json", "--select", "IMG"), planted_in(folder)
    seen = {
        kind: of_image(found, wanted[kind][1])
        for kind in ("image copied", "image at half the size")
    }
    return yes_if(all(seen.values()), f"{seen}")


def leaks(folder: Path, _: Path) -> Answer:
    found, wanted = (
        scan(folder / "train.json", folder / "val.json", "--select", "SPL"),
        planted_in(folder),
    )
    text = json.dumps(found)
    seen = [
        wanted[kind][1] in text or wanted[kind][0] in text
        for kind in ("image copied", "image at half the size")
    ]
    return yes_if(all(seen), f"{sorted({one['code'] for one in found})}, both copies named: {seen}")


def splits(folder: Path, here: Path) -> Answer:
    ended = ours("split", folder / "truth.json", "-o", here / "new")
    made = list((here / "new").rglob("*.json")) if (here / "new").is_dir() else []
    return yes_if(
        not ended.returncode and len(made) > 1,
        f"{len(made)} files; near duplicates stay together" if made else ended.stderr[-300:],
    )


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


def reads(_: Path, __: Path) -> Answer:
    return yes_if({"coco", "voc", "yolo"} <= set(FORMATS), f"{len(list(FORMATS))} formats")


def converts(_: Path, here: Path) -> Answer:
    ended = ours("convert", BCCD, here / "yolo", "--to", "yolo")
    lost = [line for line in (ended.stdout + ended.stderr).splitlines() if line.startswith("Lost")]
    good = lost and list((here / "yolo").rglob("*.txt"))
    return yes_if(good, f"to COCO, VOC and YOLO only; says {lost}; boxes go by --allow-loss alone")


def speed(folder: Path, _: Path) -> Answer:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ours(
        "scan",
        folder / "speed" / "val2017.json",
        "--exit-zero",
        "--quiet",
        "--pixels",
        "never",
        "--images",
        folder / "none",
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (
        "yes",
        f"{after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.1f} s of CPU",
    )


def torch(_: Path, __: Path) -> Answer:
    names = [name for name in dir(labelaudit.torch) if "ataset" in name and name[0].isupper()]
    return yes_if(names, ", ".join(names))


def network(_: Path, here: Path) -> Answer:
    started = time.monotonic()
    first = ours("train", BCCD, "-o", here / "m.pt", *SMALL, "--cache", here / "cache")
    second = ours("export", here / "m.pt", "--to", "onnx", "-o", here / "m.onnx")
    good = (here / "m.onnx").is_file()
    return yes_if(
        good,
        "train, export --to onnx; also OpenVINO, ExecuTorch, ncnn, LiteRT"
        if good
        else f"{first.stderr[-300:]} {second.stderr[-300:]} {time.monotonic() - started:.0f} s",
    )


def lacks(*words: str) -> Any:
    """A probe that looks for words in what it says of its commands."""
    return lambda _, __: absent(
        (ROOT / "docs" / "commands.md").read_text(), "docs/commands.md", *words
    )


if __name__ == "__main__":
    told(
        {
            "impossible-boxes": impossible,
            "labelled-twice": twice,
            "broken-records": broken,
            "rules": rules,
            "wrong-classes": wrong_classes,
            "wrong-boxes": wrong_boxes,
            "how-many": how_many,
            "embeddings": lacks("embedding"),
            "damaged-images": images,
            "near-duplicates": near,
            "leaks": leaks,
            "splits": splits,
            "fixes": fixes,
            "byte-for-byte": byte_for_byte,
            "undo": undo,
            "versions": versions,
            "page": page,
            "drawing": page,
            "shapes": lacks("draw polygons", "tracks in video"),
            "people": people,
            "terminal": terminal,
            "json": report,
            "ci-reports": reports,
            "tables": tables,
            "html": html,
            "hand-over": hand_over,
            "hand-back": hand_back,
            "exit-code": exit_code,
            "baseline": baseline,
            "pre-commit": hook,
            "manifest": manifest,
            "notebook": notebook,
            "explained": explained,
            "editor": lacks("language server"),
            "reads": reads,
            "converts": converts,
            "speed": speed,
            "torch": torch,
            "own-model": own_model,
            "network": network,
        }
    )
