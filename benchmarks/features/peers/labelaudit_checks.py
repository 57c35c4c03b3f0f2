"""Features that find something: in labels, images, splits, and by what a model says."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from labelaudit_process import BCCD, ROOT, SMALL, codes, of_image, ours, planted_in, scan
from probe import Answer, partly_if, yes_if


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
