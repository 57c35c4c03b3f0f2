"""Tries Label Studio's server, which `LABEL_STUDIO_URL` and `LABEL_STUDIO_TOKEN` name."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from probe import Answer, absent, partly_if, told, yes_if

URL, TOKEN = os.environ["LABEL_STUDIO_URL"], os.environ["LABEL_STUDIO_TOKEN"]
CONFIG = (
    '<View><Image name="image" value="$image"/>'
    '<RectangleLabels name="label" toName="image"><Label value="RBC"/></RectangleLabels></View>'
)


def asked(path: str, content: Any = None) -> Any:
    """What the API says."""
    data = None if content is None else json.dumps(content).encode()
    headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{URL}{path}", data, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read().decode()
    return json.loads(text) if text.startswith(("{", "[")) else text


def region(width: float) -> Any:
    box = {
        "x": 10,
        "y": 10,
        "width": width,
        "height": 20,
        "rotation": 0,
        "rectanglelabels": ["RBC"],
    }
    return {
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        "value": box,
        "original_width": 640,
        "original_height": 480,
    }


@cache
def project() -> int:
    """A project with a task: a flat box, one box twice, and a prediction."""
    number = asked("/api/projects/", {"title": "tried", "label_config": CONFIG})["id"]
    flat = {"result": [region(0), region(30), region(30)]}
    task = {
        "data": {"image": "/a.jpg"},
        "annotations": [flat],
        "predictions": [{"result": [region(40)], "score": 0.9}],
    }
    asked(f"/api/projects/{number}/import", [task])
    return int(number)


def exported() -> Any:
    return asked(f"/api/projects/{project()}/export?exportType=JSON")


def impossible(_: Path, __: Path) -> Answer:
    boxes = exported()[0]["annotations"][0]["result"]
    return ("no", "takes a box of no width as it is") if len(boxes) == 3 else ("failed", str(boxes))


def twice(_: Path, __: Path) -> Answer:
    boxes = exported()[0]["annotations"][0]["result"]
    return (
        ("no", "takes a box that stands twice as it is")
        if len(boxes) == 3
        else ("failed", str(boxes))
    )


def broken(_: Path, __: Path) -> Answer:
    try:
        asked(
            f"/api/projects/{project()}/import",
            [{"data": {"image": "/b.jpg"}}, {"data": {"other": 1}}],
        )
    except urllib.error.HTTPError as error:
        return "no", f"refuses all: {error.read().decode()[:100]}"
    return "yes", "read"


def hand_over(_: Path, __: Path) -> Answer:
    task = asked(f"/api/tasks?project={project()}&fields=all")["tasks"][0]
    return partly_if(
        task["total_predictions"],
        "takes predictions beside annotations; hands nothing to others but by its exports",
        str(task)[:200],
    )


def formats() -> list[str]:
    return [one["name"] for one in asked(f"/api/projects/{project()}/export/formats")]


def reads(_: Path, __: Path) -> Answer:
    return "partly", "its own JSON, CSV and TSV; COCO, VOC and YOLO by a converter beside it"


def converts(_: Path, __: Path) -> Answer:
    return partly_if(
        {"COCO", "YOLO", "VOC"} <= set(formats()),
        f"{len(formats())} formats of export; says nothing of what is lost",
        str(formats()),
    )


def tables(_: Path, __: Path) -> Answer:
    text = asked(f"/api/projects/{project()}/export?exportType=CSV")
    return partly_if("," in text, "annotations as CSV; no findings", text[:100])


def report(_: Path, __: Path) -> Answer:
    return partly_if(
        asked("/docs/api/schema/json/") or True,
        "annotations as JSON, an API with a schema; no findings",
        "",
    )


def page(_: Path, __: Path) -> Answer:
    return yes_if("Label Studio" in asked("/user/login/"), "serves its page")


def speed(_: Path, __: Path) -> Answer:
    return "not asked", "reads no COCO files"


@cache
def said() -> str:
    """All addresses of its API."""
    return json.dumps(asked("/docs/api/schema/json/"))


def lacks(*words: str) -> Callable[[Path, Path], Answer]:
    """A probe that looks for words in all of it."""
    return lambda _, __: absent(said(), "the schema of its API", *words)


if __name__ == "__main__":
    told(
        {
            "impossible-boxes": impossible,
            "labelled-twice": twice,
            "broken-records": broken,
            "rules": lacks("ruleset"),
            "wrong-classes": lacks("mistaken", "label_quality"),
            "wrong-boxes": lacks("mistaken", "label_quality"),
            "own-model": lacks("out-of-fold", "cross-valid"),
            "how-many": lacks("confidence interval"),
            "embeddings": lacks("umap", "scatter"),
            "damaged-images": lacks("damaged", "corrupt"),
            "near-duplicates": lacks("near-dup", "near_dup"),
            "leaks": lacks("leak"),
            "splits": lacks("train_test"),
            "fixes": lacks("propose", "autofix"),
            "byte-for-byte": lacks("in_place"),
            "versions": lacks("compare_"),
            "terminal": lacks("terminal"),
            "json": report,
            "ci-reports": lacks("sarif", "junit"),
            "tables": tables,
            "html": lacks("html report"),
            "hand-over": hand_over,
            "hand-back": lacks("cvat_import", "fiftyone"),
            "exit-code": lacks("exit code"),
            "baseline": lacks("baseline"),
            "pre-commit": lacks("pre-commit"),
            "manifest": lacks("manifest", "checksum"),
            "notebook": lacks("jupyter"),
            "explained": lacks("completion script"),
            "editor": lacks("language server"),
            "reads": reads,
            "converts": converts,
            "speed": speed,
            "torch": lacks("pytorch", "torch_"),
            "network": lacks("onnx"),
        }
    )
