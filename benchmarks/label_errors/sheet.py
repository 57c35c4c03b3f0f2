"""A contact sheet: the places where an object may be missing, for a person to judge by eye."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.core.columns import Floats
from labelaudit.dataset.tables import Dataset

PLACES, COLUMNS = 40, 8
CELL, CAPTION = 168, 16
"""Pixels: the side of a crop, and the height of the line below it."""

AROUND = 2.2
"""Side of what is shown, as a multiple of the longer side of the box."""

COLOURS = 200
"""Of the palette: half the bytes of a full-colour PNG, and nothing is lost that a judge needs."""

FOUND, GIVEN = (255, 210, 0), (0, 190, 255)


def contact_sheet(dataset: Dataset, label_issues: LabelIssues, path: Path) -> None:
    """Write the first places to a PNG, by rank, class and probability.

    The place in question is drawn in yellow, labels that are there already in blue.
    """
    places = label_issues.missing.rows(slice(PLACES))
    rows = -(-len(places) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * CELL, rows * (CELL + CAPTION)), "white")
    pen = ImageDraw.Draw(sheet)
    boxes = dataset.boxes
    for rank in range(len(places)):
        image = int(places.image[rank])
        given = boxes.xyxy[boxes.image == image]
        crop = cell(Path(str(dataset.images.path[image])), places.xyxy[rank], given)
        x, y = rank % COLUMNS * CELL, rank // COLUMNS * (CELL + CAPTION)
        sheet.paste(crop, (x, y))
        name = label_issues.classes[places.label[rank]]
        pen.text(
            (x + 4, y + CELL + 2), f"{rank + 1}  {name}  {places.probability[rank]:.3f}", "black"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(COLOURS).save(path, optimize=True)


def cell(picture: Path, box: Floats, given: Floats) -> Image.Image:
    """A square piece of a picture around a box, with the box and the labels drawn."""
    side = max(box[2] - box[0], box[3] - box[1], 1.0) * AROUND
    left, top = (box[0] + box[2] - side) / 2, (box[1] + box[3] - side) / 2
    with Image.open(picture) as opened:
        piece = opened.convert("RGB").crop((left, top, left + side, top + side))
    shown = piece.resize((CELL - 4, CELL - 4), Image.Resampling.BICUBIC)
    pen, scale = ImageDraw.Draw(shown), (CELL - 4) / side
    for xyxy, colour in [(one, GIVEN) for one in given] + [(box, FOUND)]:
        corners = (xyxy - [left, top, left, top]) * scale
        if (corners[2:] > corners[:2]).all():
            pen.rectangle(corners.tolist(), outline=colour, width=2)
    return shown
