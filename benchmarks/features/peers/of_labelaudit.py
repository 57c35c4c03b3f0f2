"""Tries labelaudit as its users do: by its commands, as processes of their own."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Any

from labelaudit_checks import (
    broken,
    how_many,
    images,
    impossible,
    leaks,
    near,
    own_model,
    rules,
    splits,
    twice,
    wrong_boxes,
    wrong_classes,
)
from labelaudit_mends import byte_for_byte, fixes, page, people, terminal, undo, versions
from labelaudit_process import BCCD, ROOT, SMALL, ours
from labelaudit_tells import (
    baseline,
    exit_code,
    explained,
    hand_back,
    hand_over,
    hook,
    html,
    manifest,
    notebook,
    report,
    reports,
    tables,
)
from probe import Answer, absent, told, yes_if

import labelaudit
import labelaudit.torch
from labelaudit.io.formats import FORMATS


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
