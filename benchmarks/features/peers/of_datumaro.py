"""Tries Datumaro: its library, and its program `datum`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import datumaro
import datumaro.plugins.framework_converter as converter
from datumaro.components.environment import Environment
from datumaro.components.visualizer import Visualizer
from datumaro.plugins.ndr import NDR
from datumaro.plugins.validators import DetectionValidator
from probe import Answer, absent, partly_if, told, yes_if

DATUM = str(Path(sys.executable).with_name("datum"))


def datum(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([DATUM, *words], check=False, capture_output=True, text=True)


def laid_out(folder: Path, here: Path, name: str = "labels", images: Path | None = None) -> Path:
    """A dataset as Datumaro wants COCO: `annotations` beside `images`."""
    place = here / name
    (place / "annotations").mkdir(parents=True)
    (place / "annotations" / "instances_all.json").symlink_to(folder / f"{name}.json")
    (place / "images").symlink_to(images or folder / "images")
    return place


def validated(folder: Path, here: Path, *more: str) -> tuple[list[Any], int]:
    """All reports of `datum validate`, and its exit code."""
    place = laid_out(folder, here)
    ended = datum("validate", "-t", "detection", f"{place}:coco_instances", *more)
    found = sorted(here.glob("**/*validation*.json"))
    return (
        json.loads(found[0].read_text())["validation_reports"] if found else []
    ), ended.returncode


def said_of(reports: list[Any], number: int) -> list[str]:
    return [one["anomaly_type"] for one in reports if f"'{number}'" in one["description"]]


def impossible(folder: Path, here: Path) -> Answer:
    planted = json.loads((folder / "planted.json").read_text())
    reports, _ = validated(folder, here)
    flat, outside = (
        said_of(reports, planted[kind]) for kind in ("box without width", "box outside")
    )
    seen = (
        f"validate: of the flat box {flat or 'nothing'}, of the one outside {outside or 'nothing'}"
    )
    return ("yes" if flat and outside else "partly" if flat or outside else "no"), seen


def twice(folder: Path, here: Path) -> Answer:
    planted = json.loads((folder / "planted.json").read_text())
    reports, _ = validated(folder, here)
    return yes_if(
        said_of(reports, planted["box twice"]),
        f"validate says {said_of(reports, planted['box twice']) or 'nothing'} of it",
    )


def broken(folder: Path, here: Path) -> Answer:
    ended = datum(
        "validate", "-t", "detection", f"{laid_out(folder, here, 'broken')}:coco_instances"
    )
    return yes_if(
        not ended.returncode,
        f"ends with {(ended.stderr.strip() or ended.stdout.strip()).splitlines()[-1][-90:]!r}",
    )


def rules(folder: Path, here: Path) -> Answer:
    said = datum("validate", "-t", "detection", str(laid_out(folder, here)), "--", "-h").stdout
    return partly_if(
        "--few_samples_thr" in said or "thr" in said,
        "thresholds as arguments of validate; no file, no choice",
        said[-90:],
    )


def images(folder: Path, here: Path) -> Answer:
    planted = json.loads((folder / "planted.json").read_text())
    reports, _ = validated(folder, here)
    text = json.dumps(
        [
            one
            for one in reports
            if "image" in one["description"].lower() and "damaged" in str(one.get("item_id"))
        ]
    )
    about = {
        one["anomaly_type"]
        for one in reports
        if str(one.get("item_id"))
        in {Path(planted[kind]).stem for kind in ("image missing", "image damaged", "image blank")}
    }
    return (
        yes_if(
            about - {"MissingAnnotation"},
            f"validate says {sorted(about) or 'nothing'} of the three files",
        )
        if text
        else ("no", "")
    )


def ndr(folder: Path, here: Path) -> Answer:
    planted = json.loads((folder / "planted.json").read_text())
    (here / "some").mkdir()
    kept = {"image copied", "image at half the size"}
    for name in {one for kind in kept for one in planted[kind]}:
        (here / "some" / name).symlink_to(folder / "images" / name)
    dataset = datumaro.Dataset.import_from(str(here / "some"), "image_dir")
    try:
        left = {
            item.id
            for item in NDR(dataset, num_cut=2, working_subset="default")
            if item.subset == "default"
        }
    except Exception as error:
        return "failed", repr(error)[:300]
    gone = [len(left & {Path(one).stem for one in planted[kind]}) < 2 for kind in sorted(kept)]
    return (
        ("partly" if any(gone) else "no"),
        "transform ndr cuts down to a number that one gives; "
        f"here the half-sized one: {gone[1]}, the copy: {gone[0]}",
    )


def leaks(_: Path, __: Path) -> Answer:
    return absent(
        datum("--help").stdout + " ".join(Environment().transforms._items),
        "commands and transforms",
        "leak",
    )


def splits(folder: Path, here: Path) -> Answer:
    place = laid_out(folder, here, "truth")
    ended = datum(
        "transform",
        "-t",
        "split",
        "-o",
        str(here / "out"),
        f"{place}:coco_instances",
        "--",
        "-t",
        "detection",
        "--subset",
        "train:.7",
        "--subset",
        "val:.3",
    )
    made = sorted(one.name for one in (here / "out").glob("**/*.json"))
    return partly_if(
        not ended.returncode and len(made) > 1,
        "transform split balances classes; looks at no picture",
        ended.stderr[-200:],
    )


def fixes(folder: Path, here: Path) -> Answer:
    place = laid_out(folder, here)
    datum("validate", "-t", "detection", f"{place}:coco_instances")
    found = sorted(here.glob("**/*validation*.json"))
    ended = datum(
        "transform",
        "-t",
        "correct",
        "-o",
        str(here / "out"),
        f"{place}:coco_instances",
        "--",
        "-r",
        str(found[0]),
    )
    planted = json.loads((folder / "planted.json").read_text())
    made = [json.loads(path.read_text()) for path in (here / "out").glob("**/*.json")]
    boxes = {one["id"] for content in made for one in content.get("annotations", [])}
    state = "kept" if planted["box without width"] in boxes else "gone"
    return partly_if(
        made,
        f"transform correct, by the report: flat box {state}, {len(boxes)} boxes left; "
        "nothing is shown before",
        ended.stderr[-200:],
    )


def byte_for_byte(folder: Path, here: Path) -> Answer:
    place = laid_out(folder, here, "truth")
    datum(
        "convert",
        "-i",
        str(place),
        "-if",
        "coco_instances",
        "-f",
        "coco_instances",
        "-o",
        str(here / "out"),
    )
    made = next((here / "out").glob("**/*.json")).read_bytes()
    old = (folder / "truth.json").read_bytes()
    return yes_if(
        made == old, f"nothing changed, written again: {len(old)} bytes became {len(made)}"
    )


def compared(folder: Path, here: Path) -> Answer:
    first, second = laid_out(folder, here), laid_out(folder, here, "truth")
    ended = datum(
        "compare",
        "-m",
        "distance",
        "-o",
        str(here / "out"),
        f"{first}:coco_instances",
        f"{second}:coco_instances",
    )
    if ended.returncode:
        ended = datum(
            "compare",
            "-o",
            str(here / "out"),
            f"{first}:coco_instances",
            f"{second}:coco_instances",
        )
    return yes_if(
        not ended.returncode, f"compare: {(ended.stdout or ended.stderr).strip()[-120:]!r}"
    )


def people(_: Path, __: Path) -> Answer:
    return partly_if(
        "intersect" in datum("merge", "--help").stdout,
        "merge -m intersect: what most say, with conflicts listed",
        "",
    )


def report(folder: Path, here: Path) -> Answer:
    reports, _ = validated(folder, here)
    return partly_if(reports, f"validate writes JSON ({len(reports)} remarks); no schema of it", "")


def code(folder: Path, here: Path) -> Answer:
    reports, ended = validated(folder, here)
    errors = sum(one["severity"] == "error" for one in reports)
    return yes_if(
        ended,
        f"validate ends with {ended} after {errors} errors",
    )


def hand_over(folder: Path, here: Path) -> Answer:
    place = laid_out(folder, here, "truth")
    ended = datum(
        "convert", "-i", str(place), "-if", "coco_instances", "-f", "cvat", "-o", str(here / "out")
    )
    return partly_if(
        list((here / "out").glob("**/*.xml")),
        "labels go to CVAT's XML; findings do not",
        ended.stderr[-200:],
    )


def hand_back(_: Path, __: Path) -> Answer:
    return partly_if(
        "cvat" in Environment().importers._items,
        "labels come back from CVAT's XML; decisions do not",
        "",
    )


def notebook(folder: Path, here: Path) -> Answer:
    dataset = datumaro.Dataset.import_from(str(laid_out(folder, here, "truth")), "coco_instances")
    item = next(iter(dataset))
    drawn = Visualizer(dataset).vis_one_sample(item.id, item.subset)
    return yes_if(drawn, f"Visualizer gives a {type(drawn).__name__} with the labels")


def reads(_: Path, __: Path) -> Answer:
    names = Environment().importers._items
    return yes_if({"coco", "voc", "yolo"} <= set(names), f"{len(names)} importers")


def converts(folder: Path, here: Path) -> Answer:
    place = laid_out(folder, here, "truth")
    ended = datum(
        "convert", "-i", str(place), "-if", "coco_instances", "-f", "yolo", "-o", str(here / "out")
    )
    good = list((here / "out").glob("**/*.txt"))
    return partly_if(
        good,
        f"{len(Environment().exporters._items)} exporters; says nothing of what is lost",
        ended.stderr[-200:],
    )


def speed(folder: Path, here: Path) -> Answer:
    (here / "none").mkdir()
    place = laid_out(folder / "speed", here, "val2017", here / "none")
    started = time.process_time()
    DetectionValidator().validate(datumaro.Dataset.import_from(str(place), "coco_instances"))
    return "yes", f"{time.process_time() - started:.1f} s of CPU"


def torch(_: Path, __: Path) -> Answer:
    return yes_if(
        hasattr(converter, "FrameworkConverter"),
        "FrameworkConverter to torch and tensorflow; torch was not installed",
    )


def lacks(*words: str) -> Any:
    """A probe that looks for words in what `datum` says of itself and names of plugins."""

    def probe(_: Path, __: Path) -> Answer:
        here = Environment()
        parts = [here.importers, here.exporters, here.transforms, here.validators]
        names = " ".join(name for part in parts for name in part._items)
        text = datum("--help").stdout + datum("validate", "--help").stdout + names
        return absent(text, "help and plugins", *words)

    return probe


if __name__ == "__main__":
    told(
        {
            "impossible-boxes": impossible,
            "labelled-twice": twice,
            "broken-records": broken,
            "rules": rules,
            "wrong-classes": lacks("mistaken", "label error", "prediction"),
            "wrong-boxes": lacks("mistaken", "prediction"),
            "own-model": lacks("train ", "cross-valid"),
            "how-many": lacks("estimate", "interval"),
            "embeddings": lacks("embedding", "explore"),
            "damaged-images": images,
            "near-duplicates": ndr,
            "leaks": leaks,
            "splits": splits,
            "fixes": fixes,
            "byte-for-byte": byte_for_byte,
            "undo": lacks("undo", "revert"),
            "versions": compared,
            "page": lacks("server", "browser", "review"),
            "drawing": lacks("server", "editor"),
            "shapes": lacks("server", "editor"),
            "people": people,
            "terminal": lacks("review", "interactive"),
            "json": report,
            "ci-reports": lacks("sarif", "junit", "gitlab"),
            "tables": lacks("csv report", "dataframe"),
            "html": lacks("html"),
            "hand-over": hand_over,
            "hand-back": hand_back,
            "exit-code": code,
            "baseline": lacks("baseline"),
            "pre-commit": lacks("pre-commit", "hook"),
            "manifest": lacks("manifest", "checksum"),
            "notebook": notebook,
            "explained": lacks("explain a", "completion"),
            "editor": lacks("language server"),
            "reads": reads,
            "converts": converts,
            "speed": speed,
            "torch": torch,
            "network": lacks("train a", "onnx"),
        }
    )
