"""Which columns of a table hold images, boxes and classes, by their names or by what is in them.

The names are those that TensorFlow, RetinaNet, AutoML, VoTT, VGG and Kaggle's competitions use, and
that people write by hand: letter case, blanks and underscores do not count, nor does a `bbox_` in
front.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from labelaudit.images.files import is_image
from labelaudit.io.formats.values import FIVE, number_in

DELIMITERS = (",", ";", "\t", "|", " ")

IMAGE = (
    *("filename", "filepath", "imagefilename", "imagefile", "imagename", "imagepath", "image"),
    *("imageid", "imgname", "imgpath", "imgfile", "imgid", "img", "path", "file", "frame", "uri"),
    *("fname", "photo", "picture", "id"),
)
LABEL = (
    *("classname", "labelname", "categoryname", "class", "label", "category", "classlabel"),
    *("annotationtag", "objectname", "object", "name", "type", "species", "target"),
    *("classid", "labelid", "categoryid"),
)
LABEL_WORDS = ("class", "label", "categor", "type", "species")
"""One of these is in the name of a column of classes that is called by none of `LABEL`."""

CORNERS = (
    (
        ("xmin", "x1", "left", "minx", "xtl", "startx", "xstart", "upperleftcornerx"),
        ("ymin", "y1", "top", "miny", "ytl", "starty", "ystart", "upperleftcornery"),
        ("xmax", "x2", "right", "maxx", "xbr", "endx", "xend", "lowerrightcornerx"),
        ("ymax", "y2", "bottom", "maxy", "ybr", "endy", "yend", "lowerrightcornery"),
    ),
    (("x0",), ("y0",), ("x1",), ("y1",)),
)
SIZE = (("x", "xmin", "left", "x1"), ("y", "ymin", "top", "y1"), ("w", "width"), ("h", "height"))
CENTRE = (
    ("xcenter", "xcentre", "cx", "xc", "centerx"),
    ("ycenter", "ycentre", "cy", "yc", "centery"),
    *SIZE[2:],
)
WHOLE = ("bbox", "boundingbox", "box", "bndbox")
OTHERS = {
    "width": ("imagewidth", "imgwidth", "imgw", "imagew", "width"),
    "height": ("imageheight", "imgheight", "imgh", "imageh", "height"),
    "split": ("split", "subset", "set", "usage"),
    "crowd": ("iscrowd", "isgroupof", "crowd"),
    "difficult": ("difficult", "isdifficult", "ignore"),
    "score": ("score", "confidence", "conf", "prob", "probability"),
}

FIRST = 5
"""Lines in which names of columns are looked for: comments, or broken lines, may stand before."""

NO_CLASS = 5
"""Columns of a table without names that has an image and four numbers alone."""

LEAST = 0.25
"""Part of the first lines that have a box in a table without names of columns; a choice."""

EMPTY = ("", "nan", "none", "null", "na", "n/a")
"""What stands, in lower case, in a cell without a value."""

_LONGEST_EMPTY = max(map(len, EMPTY))
_USUAL = 1e9  # others are looked at one by one
_PREFIX = re.compile(r"(?:bbox|boundingbox|bndbox|box|roi)(?=.)")
_SIDES: Mapping[str, int] = {"width": 6, "height": 7}
_SCORED: Mapping[str, int] = {"score": 5}
_WITHOUT_NAMES: Mapping[int, Sequence[tuple[int | None, int, Mapping[str, int]]]] = {
    NO_CLASS: ((None, 1, {}),),
    6: ((5, 1, {}), (1, 2, {})),
    7: ((6, 1, {}), (6, 1, _SCORED)),
    8: ((5, 1, _SIDES), (6, 1, {}), (3, 4, {"width": 1, "height": 2})),
}
"""Of rows of so many columns that begin with an image: the class, the box, what else is there."""

_UNDOCUMENTED = ((NO_CLASS, 1), (6, 2))
"""Columns, and where the box begins, of those that are no tool's."""

_USES = ("train", "training", "validation", "validate", "test", "unassigned", "")


@dataclass(frozen=True)
class TableLayout:
    """Where in a row of a table what stands: positions of columns."""

    image: int
    box: tuple[int, ...]  # of four numbers, or of one text with four
    form: str  # corners, size or centre
    label: int | None = None
    others: Mapping[str, int] = field(default_factory=dict)  # a key of OTHERS
    header: tuple[str, ...] = ()  # the names as they are written; none if no row has them
    delimiter: str = ","
    fractions: bool | None = None  # of the image's sides; None: as the numbers say
    is_open: bool = False  # nothing in it says what the four numbers are; see `four_numbers`
    is_documented: bool = False  # but somebody has written down what they are in such a table

    @property
    def guessed_label(self) -> str:
        """The name of the column of classes if it is not called as such columns are; else empty."""
        name = self.header[self.label] if self.header and self.label is not None else ""
        return name if name and plain(name) not in LABEL else ""

    def names_of_box(self) -> list[str]:
        """What the columns of the box are called."""
        if self.header:
            return [self.header[place] for place in self.box]
        return ["x1", "y1", "x2", "y2"]


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of a line, without blanks around them.

    A quotation mark that is not closed ends with its line.

    Raises
    ------
    csv.Error
        if it cannot be taken apart.
    """
    if '"' not in line:
        return [cell.strip() for cell in line.split(None if delimiter == " " else delimiter)]
    if delimiter == " ":
        line = re.sub(" +", " ", line.strip())
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def is_empty(cell: str) -> bool:
    """Whether a cell has no value."""
    return not cell or (len(cell) <= _LONGEST_EMPTY and cell.lower() in EMPTY)


def layout_of(lines: Sequence[str]) -> TableLayout | None:
    """How a table is laid out, from its first lines; None if it is no table of boxes.

    Many lines may be broken: below names of columns for an image and the corners of a box it takes
    none that is whole, below others one; without such names, a quarter of the lines.
    """
    for delimiter in DELIMITERS:
        rows = [_row(line, delimiter) for line in lines]
        first = rows[:FIRST]
        named = (_by_names(row, delimiter, rows[at + 1 :]) for at, row in enumerate(first))
        if layout := next(filter(None, named), None):
            below = rows[rows.index(list(layout.header)) + 1 :]
            if not below or layout.form == "corners" or any(_holds(row, layout) for row in below):
                return layout
        if first and not is_image(first[0][0] if first[0] else ""):
            # Four numbers below names that are not a box's, as of keypoints, are none.
            first = [row for row in first if len(row) != NO_CLASS]
        layout = next(filter(None, (_by_content(row, delimiter) for row in first)), None)
        if layout and sum(_holds(row, layout) for row in rows) >= LEAST * len(rows):
            return layout
    return None


def _row(line: str, delimiter: str) -> list[str]:
    """The cells of a line; none if it cannot be taken apart."""
    try:
        return cells_of(line, delimiter)
    except csv.Error:
        return []


def _holds(row: Sequence[str], layout: TableLayout) -> bool:
    """Whether a row has a box where it should be, or nothing there."""
    if len(row) <= max(layout.image, *layout.box):
        return False
    return numbers_in([row[place] for place in layout.box]) is not None


def numbers_in(cells: Sequence[str]) -> list[float] | None:
    """The four numbers of a box, none of them if all cells are empty; None if one is odd.

    Of five in one cell the last, a score or an angle, is left out.

    >>> numbers_in(["[1, 2, 3, 4]"]), numbers_in(["1", "2", "x", "4"]), numbers_in([""] * 4)
    ([1.0, 2.0, 3.0, 4.0], None, [])
    """
    if len(cells) == 4 and (plainly := _four(cells)):
        return plainly
    if all(map(is_empty, cells)):
        return []
    words = words_in(cells[0]) if len(cells) == 1 else cells
    numbers = [number_in(word.replace(",", ".")) for word in words]
    known = [value for value in numbers if value is not None]
    if len(cells) == 1 and len(known) == len(numbers) == FIVE:
        return known[:4]
    return known if len(known) == len(numbers) == 4 else None


def words_in(cell: str) -> list[str]:
    """What stands in a cell between brackets and commas."""
    return cell.strip("[]() ").replace(",", " ").split()


def _four(cells: Sequence[str]) -> list[float] | None:
    """Four cells that are usual numbers as they stand, which nearly all are; else None."""
    try:
        numbers = list(map(float, cells))
    except ValueError:
        return None
    usual = math.isfinite(sum(numbers)) and max(map(abs, numbers)) < _USUAL
    return numbers if usual and "_" not in "".join(cells) else None


def plain(name: str) -> str:
    """A name of a column without letter case and what parts its words.

    >>> plain("Image_ID"), plain("x min")
    ('imageid', 'xmin')
    """
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _by_names(
    header: Sequence[str], delimiter: str, below: Sequence[Sequence[str]]
) -> TableLayout | None:
    """The layout that a row of names says; None if it names no box, or there is no image.

    Names in other languages are none that is known: the rows below say where their images and
    classes are.

    Parameters
    ----------
    header, delimiter:
        the names, and what parts them.
    below:
        rows below, without their ends.
    """
    place: dict[str, int] = {}
    for position, name in enumerate(header):
        place.setdefault(plain(name), position)
    boxed = {_PREFIX.sub("", name): at for name, at in place.items() if _PREFIX.match(name)}
    found = _box({**place, **boxed}) or _whole(place)
    if found is None:
        return None
    box, form = found
    image, label = _first(place, IMAGE), None
    if image is None and len(box) == 4:
        image, label = _images_and_classes(header, box, below)
    if image is None:
        return None
    free = {name: at for name, at in place.items() if at not in box and at != image}
    others = {key: at for key, names in OTHERS.items() if (at := _first(free, names)) is not None}
    label = _first(free, LABEL) if label is None else label
    if label is None:
        words = [name for name in free if any(word in name for word in LABEL_WORDS)]
        label = _first(free, words)
    is_open = len(box) == 1
    return TableLayout(image, box, form, label, others, tuple(header), delimiter, is_open=is_open)


def _images_and_classes(
    header: Sequence[str], box: Sequence[int], below: Sequence[Sequence[str]]
) -> tuple[int | None, int | None]:
    """The columns of images and of classes, by what is in them; None where no column is clear."""
    rows = [row for row in below if len(row) == len(header)]
    free = [at for at in range(len(header)) if at not in box]
    images = [at for at in free if rows and all(is_image(row[at]) for row in rows)]
    texts = [at for at in free if all(number_in(row[at]) is None for row in rows)]
    classes = [at for at in texts if at not in images]
    return (images[0] if images else None), (classes[0] if len(classes) == 1 else None)


def _box(place: Mapping[str, int]) -> tuple[tuple[int, ...], str] | None:
    forms = (*((names, "corners") for names in CORNERS), (CENTRE, "centre"), (SIZE, "size"))
    for sides, form in forms:
        found = [_first(place, names) for names in sides]
        known = tuple(at for at in found if at is not None)
        if len(known) == 4:
            return known, form
    return None


def _whole(place: Mapping[str, int]) -> tuple[tuple[int, ...], str] | None:
    at = _first(place, WHOLE)
    return None if at is None else ((at,), "size")


def _first(place: Mapping[str, int], names: Sequence[str]) -> int | None:
    return next((place[name] for name in names if name in place), None)


def _by_content(row: Sequence[str], delimiter: str) -> TableLayout | None:
    """The layout of a table without names, RetinaNet's, AutoML's or Make Sense's; else None.

    Source: https://github.com/fizyr/keras-retinanet, "CSV datasets": path,x1,y1,x2,y2,class;
    SKU-110K has width and height of the image behind them;
    https://cloud.google.com/vision/automl/object-detection/docs/csv-format:
    set,path,label,x_min,y_min,,,x_max,y_max,, in fractions; https://www.makesense.ai, "a single
    CSV file": class,x,y,width,height,path and the width and height of the image.
    """
    if row and is_image(row[0]):
        return _of_image_first(row, delimiter)
    if len(row) == 8 and is_image(row[5]) and numbers_in(row[1:5]) is not None:
        return TableLayout(5, (1, 2, 3, 4), "size", 0, _SIDES, delimiter=delimiter)
    if len(row) >= 9 and row[0].lower() in _USES and is_image(row[1]):
        box = (3, 4, 7, 8)
        if numbers_in([row[place] for place in box]) is not None:
            return TableLayout(1, box, "corners", 2, {"split": 0}, (), delimiter, fractions=True)
    return None


def _of_image_first(row: Sequence[str], delimiter: str) -> TableLayout | None:
    """The layout of a row without names that begins with an image; None if it has no box.

    The box may stand behind the image (RetinaNet's; in Udacity's it is told whether the object is
    occluded before its class, and elsewhere how sure a detector is), behind image and class, or
    behind image, width, height and class (TensorFlow's). That is told by where no number stands.
    """
    for label, first, others in _WITHOUT_NAMES.get(len(row), ()):
        box = (first, first + 1, first + 2, first + 3)
        named = label is None or number_in(row[label]) is None or len(row) == label + 1 == 6
        if others is _SCORED:
            named = _is_score(row[_SCORED["score"]])
        if named and numbers_in([row[at] for at in box]) is not None:
            known = (len(row), first) not in _UNDOCUMENTED
            form = {"is_open": True, "is_documented": known}
            return TableLayout(0, box, "corners", label, others, (), delimiter, **form)
    return None


def _is_score(cell: str) -> bool:
    """Whether a cell is a fraction, as the scores of a detector are."""
    value = number_in(cell)
    return value is not None and 0 < value < 1
