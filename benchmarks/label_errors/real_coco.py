"""What is real among the labels of coco_cc that a second opinion doubts, by verdicts of eyes.

Run `python -m benchmarks.label_errors.real_coco PREDICTIONS` from the root of the repository;
`python -m benchmarks.label_errors.foreign nanodet --out FOLDER` writes such a file. The verdicts
are in `coco_cc.json` beside this file; docs/real-errors-coco.md tells how they came about.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image, ImageDraw

from benchmarks.label_errors.foreign import PHOTOGRAPHS, REAL
from benchmarks.label_errors.real import SURE
from benchmarks.label_errors.sheet import CAPTION, CELL, cell
from labelaudit.auditing.label_issues import BOX_ERRORS, ErrorKind, LabelIssues
from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import Bools, Floats, Texts, texts
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.label_errors.anchoring import anchored
from labelaudit.label_errors.find import by_predictions

VERDICTS = Path(__file__).with_name("coco_cc.json")
REAL_ERROR, ARGUABLE, RIGHT, UNSEEN = "real", "arguable", "right", "unseen"
FIRST = (10, 20, 40)
SHEET_COLUMNS, QUALITY = 7, 85
JUDGED, SAMPLES = (100, 200), 200
"""Labels in a sample, and samples drawn of each size."""


NO_SUM = f"{ErrorKind.MISSING_BOX.value}, by score"
"""The detector's own order of places, beside ours; its scores do not claim to add up."""

SAME_PLACE = 0.9
"""IoU from which a place is one that was looked at: files differ in how they round."""


@dataclass(frozen=True)
class Place:
    """A place where an object may be missing, and what was seen there."""

    image_id: int
    category_id: int
    box: tuple[float, float, float, float]  # left, top, right, bottom in pixels
    verdict: str
    note: str = ""


@dataclass(frozen=True)
class Verdicts:
    """What was seen, label by label and place by place."""

    # by id of the annotation: by kind of error the verdict, but for RIGHT, and a "note"
    labels: dict[int, dict[str, str]]
    places: list[Place]
    shuffled: list[int]  # labels of the lists and of the sample, judged in one mixed pile
    sample: list[int]  # drawn at random of all labels
    about: str = ""


@dataclass(frozen=True)
class Shown:
    """One real error on the sheet."""

    image: int  # row in Images
    xyxy: Floats  # (4,)
    caption: str


@dataclass(frozen=True)
class Ranked:
    """The labels or places that a kind of error was looked for in, most doubtful first."""

    kind: str
    verdict: Texts  # (n,)
    stated: Floats  # (n,) the probability or, where it is none, the value that ranks
    counts: Mapping[int, Mapping[str, int]] = field(init=False)  # of the first: by verdict

    def __post_init__(self) -> None:
        counts = {first: counted(self.verdict[:first]) for first in (*FIRST, len(self.verdict))}
        object.__setattr__(self, "counts", counts)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table for a file of predictions."""
    parser = argparse.ArgumentParser(prog="real_coco", description=__doc__.split("\n")[0])
    parser.add_argument("predictions", type=Path, help="a COCO results file")
    parser.add_argument("--real", type=Path, default=REAL, help="the folder with the real datasets")
    parser.add_argument("--crops", action="store_true", help="look at the labels' crops, too")
    parser.add_argument("--sheet", type=Path, help="a JPEG of all real errors")
    options = parser.parse_args(arguments)
    dataset, verdicts = load(options.real / PHOTOGRAPHS), read_verdicts()
    if options.sheet is not None:
        shown = real_errors(dataset, verdicts)
        draw(dataset, shown, options.sheet)
        print(credits_of(options.real / PHOTOGRAPHS / "instances.json", shown), end="\n\n")
    label_issues = by_predictions(dataset, options.predictions, crops=options.crops)
    every = ranked(dataset, label_issues, verdicts)
    print(table(every))
    print()
    print(sample_table(verdicts))
    print()
    print(anchored_table(every))


def read_verdicts(path: Path = VERDICTS) -> Verdicts:
    """The verdicts in a file."""
    return msgspec.json.decode(path.read_bytes(), type=Verdicts)


def ranked(dataset: Dataset, label_issues: LabelIssues, verdicts: Verdicts) -> list[Ranked]:
    """For each kind of error, labels or places in the order of doubt, with their verdicts."""
    boxes = label_issues.boxes
    scored = np.flatnonzero(boxes.was_scored)
    seen = [verdicts.labels.get(label_id) for label_id in dataset.boxes.id.values()]
    every = []
    for kind in BOX_ERRORS:
        stated = getattr(boxes, kind)[scored]
        order = np.argsort(-stated, kind="stable")
        said = [UNSEEN if one is None else one.get(kind, RIGHT) for one in seen]
        every.append(Ranked(kind.value, texts(said)[scored][order], stated[order]))
    return every + _ranked_places(dataset, label_issues, verdicts.places)


def _ranked_places(
    dataset: Dataset, label_issues: LabelIssues, places: Sequence[Place]
) -> list[Ranked]:
    """The places in the order of doubt, and in that of the detector's score alone."""
    missing = label_issues.missing
    said = texts(_seen_at(dataset, label_issues, places))
    kind = ErrorKind.MISSING_BOX.value
    by = {kind: missing.probability, NO_SUM: missing.score}
    order = {name: np.argsort(-column, kind="stable") for name, column in by.items()}
    return [Ranked(name, said[order[name]], column[order[name]]) for name, column in by.items()]


def _seen_at(dataset: Dataset, label_issues: LabelIssues, places: Sequence[Place]) -> list[str]:
    """The verdict on each place where an object may be missing."""
    missing, categories = label_issues.missing, dataset.categories
    image_row = {image_id: row for row, image_id in enumerate(dataset.images.id.values())}
    name = dict(zip(categories.id.values(), dataset.class_names, strict=True))
    found = matches(
        missing.image,
        missing.xyxy,
        np.array([image_row[place.image_id] for place in places], np.int32),
        np.array([place.box for place in places], np.float64).reshape(-1, 4),
        min_overlap=SAME_PLACE,
    )
    said = [UNSEEN] * len(missing)
    for one, other in zip(found.one.tolist(), found.other.tolist(), strict=True):
        if label_issues.classes[missing.label[one]] == name[places[other].category_id]:
            said[one] = places[other].verdict
    return said


def counted(verdict: Texts) -> dict[str, int]:
    """How many have each verdict."""
    return {one: int((verdict == one).sum()) for one in (REAL_ERROR, ARGUABLE, RIGHT, UNSEEN)}


def table(every: Sequence[Ranked]) -> str:
    """Markdown: real + arguable among the first, the sum stated and what is real in all."""
    lines = [
        "| kind | "
        + " | ".join(f"first {first}" for first in FIRST)
        + f" | {SURE:g} or more | sum stated | in all | real ones at rank |",
        "|---|" + "--:|" * (len(FIRST) + 3) + "---|",
    ]
    for one in every:
        sure = counted(one.verdict[one.stated >= SURE])
        at = np.flatnonzero(one.verdict == REAL_ERROR) + 1
        cells = [
            _plain(one.kind),
            *(_said(one.counts[first]) for first in FIRST),
            _said(sure),
            "" if one.kind == NO_SUM else f"{one.stated.sum():.1f}",
            _said(one.counts[len(one.verdict)]),
            ", ".join(map(str, at.tolist())),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _said(counts: Mapping[str, int]) -> str:
    """Real + arguable of how many; those that nobody looked at are named."""
    text = f"{counts[REAL_ERROR]} + {counts[ARGUABLE]} of {sum(counts.values())}"
    return text + (f" ({counts[UNSEEN]} unseen)" if counts[UNSEEN] else "")


def sample_table(verdicts: Verdicts) -> str:
    """Markdown: what is wrong in the labels drawn at random, and in all."""
    lines = ["| labels | " + " | ".join(_plain(kind) for kind in BOX_ERRORS) + " |"]
    lines.append("|---|" + "--:|" * len(BOX_ERRORS))
    for name, ids in (("drawn at random", verdicts.sample), ("all", list(verdicts.labels))):
        said = [[verdicts.labels[one].get(kind, RIGHT) for one in ids] for kind in BOX_ERRORS]
        cells = [_said(counted(texts(kind))) for kind in said]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def anchored_table(every: Sequence[Ranked]) -> str:
    """Markdown: what is stated after samples that a person judged, over what is real.

    Each sample is drawn anew of the labels that were looked at, and answered by their verdicts.
    """
    lines = [
        "| kind | errors | labels judged | stated over real: median (5 % to 95 %) "
        "| interval holds the count |",
        "|---|--:|--:|--:|--:|",
    ]
    for one in every:
        seen = one.verdict != UNSEEN
        if one.kind not in BOX_ERRORS:
            continue
        for name, counts in (("real", [REAL_ERROR]), ("real + arguable", [REAL_ERROR, ARGUABLE])):
            wrong = np.isin(one.verdict[seen], counts)
            for judged in JUDGED:
                if wrong.any() and judged < len(wrong):
                    ratio, held = _anchored(one.stated[seen], wrong, judged)
                    low, middle, high = np.quantile(ratio, [0.05, 0.5, 0.95])
                    lines.append(
                        f"| {_plain(one.kind)} | {wrong.sum()} {name} | {judged} "
                        f"| {middle:.2f} ({low:.2f} to {high:.2f}) | {held.mean():.1%} |"
                    )
    return "\n".join(lines)


def _anchored(stated: Floats, wrong: Bools, judged: int) -> tuple[Floats, Bools]:
    """Stated over real, and whether the interval holds the count, of each of some samples."""
    rng, real = np.random.default_rng(0), int(wrong.sum())
    ratio, held = np.empty(SAMPLES), np.empty(SAMPLES, bool)
    for number in range(SAMPLES):
        rows = rng.choice(len(wrong), judged, replace=False)
        count = anchored(stated, rows, wrong[rows])[1]
        ratio[number], held[number] = count.expected / real, count.low <= real <= count.high
    return ratio, held


def real_errors(dataset: Dataset, verdicts: Verdicts) -> list[Shown]:
    """Labels that are wrong by kind, then places where something is missing."""
    boxes, categories = dataset.boxes, dataset.categories
    row_of = {label_id: row for row, label_id in enumerate(boxes.id.values())}
    image_row = {image_id: row for row, image_id in enumerate(dataset.images.id.values())}
    name = dict(zip(categories.id.values(), dataset.class_names, strict=True))
    shown = []
    for kind in BOX_ERRORS:
        for label_id, said in verdicts.labels.items():
            if said.get(kind) == REAL_ERROR:
                row = row_of[label_id]
                label = dataset.class_names[boxes.label[row]]
                shown.append(
                    Shown(int(boxes.image[row]), boxes.xyxy[row], f"{label}: {_plain(kind)}")
                )
    shown += [
        Shown(image_row[one.image_id], np.array(one.box), f"{name[one.category_id]}: missing")
        for one in verdicts.places
        if one.verdict == REAL_ERROR
    ]
    return shown


def draw(dataset: Dataset, shown: Sequence[Shown], path: Path) -> None:
    """Write a sheet of these, the box in question yellow and other labels blue."""
    boxes = dataset.boxes
    rows = -(-len(shown) // SHEET_COLUMNS)
    sheet = Image.new("RGB", (SHEET_COLUMNS * CELL, rows * (CELL + CAPTION)), "white")
    pen = ImageDraw.Draw(sheet)
    for number, one in enumerate(shown):
        given = boxes.xyxy[boxes.image == one.image]
        x, y = number % SHEET_COLUMNS * CELL, number // SHEET_COLUMNS * (CELL + CAPTION)
        sheet.paste(cell(Path(str(dataset.images.path[one.image])), one.xyxy, given), (x, y))
        pen.text((x + 4, y + CELL), f"{number + 1}  {one.caption}", "black")
    sheet.save(path, quality=QUALITY)


def credits_of(record: Path, shown: Sequence[Shown]) -> str:
    """Markdown: for each image on the sheet its crops, its address and its licence."""
    labels = json.loads(record.read_text("utf-8"))
    licence = {one["id"]: (one["name"], _address(one["url"])) for one in labels["licenses"]}
    lines = ["| crops | photograph | licence |", "|---|---|---|"]
    for row, image in enumerate(labels["images"]):
        crops = [str(number + 1) for number, one in enumerate(shown) if one.image == row]
        if crops:
            title, url = licence[image["license"]]
            lines.append(
                f"| {', '.join(crops)} | [{image['file_name']}]({_address(image['flickr_url'])}) "
                f"| [{title}]({url}) |"
            )
    return "\n".join(lines)


def _address(text: str) -> str:
    """An address of the record, without the backslashes that stand in some."""
    return text.replace("\\", "")


def _plain(kind: str) -> str:
    return kind.replace("_", " ")


if __name__ == "__main__":
    main()
