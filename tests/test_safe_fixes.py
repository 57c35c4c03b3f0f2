"""What docs/safe-fixes.md promises, of all rules and formats: nothing that can be read is lost."""

from __future__ import annotations

import json
import math
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from benchmarks.planted.planting import Defect, planted
from labelaudit.auditing.findings import Safety
from labelaudit.auditing.fixes.apply import fixable
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.scan import fixed, scan
from labelaudit.io.load import load
from labelaudit.io.save import save, save_in_place, undo
from labelaudit.testing import draw
from tests.benchmarks.test_planted import EVERY
from tests.odd_writings import odd_json, odd_lines, odd_xml
from tests.plain_readers import Picture, Thing, pictures, things

OWN_TESTS = {"misspelt-image-name"}
"""Rules with safe fixes of which no defect is planted in the scene: names in odd spellings."""

SIZE = (200, 100)
POLYGON = [20, 20, 60, 20, 60, 50, 20, 50]


def check(source: Path, folder: Path, cleaned: Path) -> None:
    """Apply the safe fixes of a dataset, and see that nothing of it is lost."""
    before, said = things(folder, folder), pictures(folder)
    result = fixed(scan(load(source)), unsafe=False)
    save(result.dataset, cleaned)
    after = cleaned.parent if cleaned.suffix else cleaned
    assert lost(before, things(after, folder)) == []
    assert reassigned(said, pictures(after)) == []


def check_in_place(source: Path, folder: Path, *, unsafe: bool = False) -> None:
    """Nothing is offered once all fixes were done, and undoing them leaves no trace."""
    before = contents(folder)
    dataset = load(source)
    assert save_in_place(dataset).patch is None
    saved = save_in_place(fixed(scan(dataset), unsafe=unsafe).dataset)
    findings = scan(load(source)).findings
    assert findings.message[fixable(findings, unsafe=unsafe)].tolist() == []
    if saved.patch:
        undo(source)
    assert contents(folder) == before


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lost(before: list[Thing], after: list[Thing]) -> list[Thing]:
    """The objects that are gone, and were no copies of one that stays."""
    left, gone, kept = list(after), list(before), list[Thing]()
    # The nearest first, lest copies of one class take the place of another.
    for is_like in (
        lambda one, other: one.copies(other),
        lambda one, other: one.is_about(other) and one.label == other.label,
        lambda one, other: one.is_about(other) and one not in kept,
    ):
        for one in list(gone):
            match = next((other for other in left if is_like(one, other)), None)
            if match:
                left.remove(match)
                gone.remove(one)
                kept.append(one)
    return [one for one in gone if not any(one.copies(other) for other in (*after, *kept))]


def reassigned(
    before: dict[str, list[Picture]], after: dict[str, list[Picture]]
) -> list[tuple[Picture, Picture]]:
    """Images that now have a name or a size that nobody had said of them."""
    pairs = [
        (old, new)
        for key, images in before.items()
        for old, new in zip(images, after.get(key, ()), strict=False)
    ]
    return [
        (old, new)
        for old, new in pairs
        if (old.name and old.name != new.name) or (_is_size(old) and old.size != new.size)
    ]


def _is_size(picture: Picture) -> bool:
    return all(math.isfinite(side) and side > 0 for side in picture.size)


@pytest.mark.parametrize("defect", EVERY, ids=str)
def test_no_safe_fix_loses_what_can_be_read(defect: Defect, tmp_path: Path):
    source = planted(defect.format, [defect]).labels.write(tmp_path / "dataset")
    folder = source if source.is_dir() else source.parent
    target = tmp_path / "cleaned"
    check(source, folder, target / "labels.json" if source.suffix == ".json" else target)


def test_every_rule_with_a_safe_fix_is_put_to_the_test():
    safe = {rule.name for rule in RULES.values() if rule.fix is Safety.SAFE}
    assert safe - {defect.rule for defect in EVERY} <= OWN_TESTS


numbers = some.integers(1, 90)
sides = some.integers(5, 60)
boxes = some.tuples(numbers, numbers, sides, sides)


def written_boxes(box: tuple[int, int, int, int]) -> list[dict[str, Any]]:
    """A box in the ways in which people write one."""
    x, y, width, height = box
    right, bottom = x + width, y + height
    ring = [x, y, right, y, right, bottom, x, bottom]
    return [
        {"bbox": list(box)},
        {"bbox": {"x": x, "y": y, "width": width, "height": height}},
        {"bbox": json.dumps(box)},
        {"bbox": [str(side) for side in box]},
        {"bbox": ring},
        {"segmentation": [ring]},
        {"bbox": None, "segmentation": [ring]},
        {"bbox": [], "segmentation": [[*ring, 7]]},
        {"bbox": [x, y, 0, 0], "segmentation": [ring]},
        {"bbox": [x, y, 0, 0], "keypoints": [x, y, 2, right, bottom, 2], "num_keypoints": 2},
        {"keypoints": [x, y, 2, right, bottom, 1], "num_keypoints": 2},
        {"bbox": [x, y, 0, 0]},
        {"bbox": [math.nan, y, width, height]},
        {"bbox": [x, y, 1e999, height], "segmentation": [ring]},
        {"bbox": "?"},
    ]


@some.composite
def annotations(draw_: Any) -> list[dict[str, Any]]:
    """Annotations of three images, some of which share an id, in which objects may repeat."""
    records = []
    for number, box in enumerate(draw_(some.lists(boxes, min_size=1, max_size=6)), start=1):
        ways = written_boxes(box)
        for way in draw_(some.lists(some.sampled_from(range(len(ways))), min_size=1, max_size=2)):
            record = {"id": number, "image_id": draw_(some.sampled_from([1, 2])), **ways[way]}
            record |= {"category_id": draw_(some.sampled_from([1, 2, 9]))}
            records.append(record | {"area": box[2] * box[3], "iscrowd": 0})
    return records


chances = some.randoms(use_true_random=False)


@settings(max_examples=40)
@given(
    annotations(), some.sampled_from([[1, 2, 3], [1, 1, 2], [1, 2, 1]]), some.booleans(), chances
)
def test_random_annotations_keep_all_that_can_be_read(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[dict[str, Any]],
    ids: list[int],
    at_hand: bool,
    chance: Random,
):
    folder = tmp_path_factory.mktemp("coco")
    names = ["a.jpg", "b.jpg", "a.jpg"]
    images = [
        {"id": one, "file_name": name, "width": SIZE[0], "height": SIZE[1]}
        for one, name in zip(ids, names, strict=True)
    ]
    classes = [{"id": 1, "name": "car"}, {"id": 2, "name": "bus"}]
    document = {"images": images, "annotations": records, "categories": classes}
    (folder / "ds").mkdir()
    (folder / "ds" / "labels.json").write_bytes(odd_json(document, chance).encode())
    if at_hand:
        for name in names[:2]:
            draw(folder / "ds" / name, SIZE)
    check(folder / "ds" / "labels.json", folder / "ds", folder / "out" / "labels.json")
    check_in_place(folder / "ds" / "labels.json", folder / "ds")


def written_objects(box: tuple[int, int, int, int]) -> list[str]:
    x, y, width, height = box
    right, bottom = x + width, y + height
    corners = zip(("xmin", "ymin", "xmax", "ymax"), (x, y, right, bottom), strict=True)
    plain = "".join(f"<{tag}>{edge}</{tag}>" for tag, edge in corners)
    ring = [(x, y), (right, y), (right, bottom), (x, bottom)]
    points = "".join(f"<x{n}>{a}</x{n}><y{n}>{b}</y{n}>" for n, (a, b) in enumerate(ring, start=1))
    middle = f"<cx>{x + width / 2}</cx><cy>{y + height / 2}</cy><w>{width}</w><h>{height}</h>"
    return [
        f"<bndbox>{plain}</bndbox>",
        f"<bndbox>{points}</bndbox>",
        f"<polygon>{points}</polygon>",
        f"<robndbox>{middle}<angle>0</angle></robndbox>",
        f"<bndbox>{x}, {y}, {right}, {bottom}</bndbox>",
        f"<bndbox>{plain.replace(f'<xmin>{x}<', f'<xmin>({x},)<')}</bndbox>",
        "<bndbox><xmin>?</xmin></bndbox>",
        "",
    ]


@settings(max_examples=30)
@given(
    some.lists(some.tuples(boxes, some.integers(0, 7)), min_size=1, max_size=6),
    some.sampled_from(["a.jpg", "A.JPG", "a", "other.jpg", "c%20d.jpg", ""]),
    some.sampled_from([SIZE, (0, 0), (640, 480)]),
    chances,
)
def test_random_objects_keep_all_that_can_be_read(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[tuple[tuple[int, int, int, int], int]],
    name: str,
    size: tuple[int, int],
    chance: Random,
):
    folder = tmp_path_factory.mktemp("voc")
    inside = "".join(
        f"<object><name>dog</name>{written_objects(box)[way]}</object>" for box, way in drawn
    )
    sides = f"<size><width>{size[0]}</width><height>{size[1]}</height></size>"
    text = f"<annotation><filename>{name}</filename>{sides}{inside}</annotation>"
    draw(folder / "ds" / "a.jpg", SIZE)
    (folder / "ds" / "a.xml").write_bytes(odd_xml(text, chance).encode())
    check(folder / "ds", folder / "ds", folder / "out")
    check_in_place(folder / "ds", folder / "ds")


words = some.sampled_from(["0.5 0.5 0.2 0.3", "0.1 0.2 0.4 0.2 0.4 0.5", "0.9 0.1 1.003 0.1 1 0.4"])
lines = some.tuples(some.sampled_from(["0", "1", "car", "7", "0.0"]), words)


def written_lines(folder: Path, drawn: list[tuple[str, str]], commas: bool, chance: Random) -> Path:
    draw(folder / "images" / "a.png", SIZE)
    (folder / "labels").mkdir()
    text = "".join(f"{label} {numbers}\n" for label, numbers in drawn)
    text = text.replace(" ", ", ") if commas else odd_lines(text, chance)
    (folder / "labels" / "a.txt").write_text(text, "utf-8", newline="")
    about = "path: .\ntrain: images\nval: images\nnames: [car, bus]\n"
    (folder / "data.yaml").write_text(about, "utf-8")
    return folder


@settings(max_examples=30)
@given(some.lists(lines, max_size=6), some.booleans(), chances)
def test_random_lines_keep_all_that_can_be_read(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[tuple[str, str]],
    commas: bool,
    chance: Random,
):
    folder = written_lines(tmp_path_factory.mktemp("yolo") / "ds", drawn, commas, chance)
    check(folder / "data.yaml", folder, folder.parent / "out")
    check_in_place(folder / "data.yaml", folder)


hostile = some.sampled_from(
    [
        *("0.5 0.5 0.2 0", "nan .5 .1 .1", "1.5 .5 .2 .2", ".98 .5 .1 .1", ".5 .5 -.2 .2"),
        *(".5 .5 .2 .3 .9", ".5 .5 .2 .3 x", ".5 .5 x .2 .3", "1e18 .5 .1 .1", ".5 .5 1e308 .1"),
        *(
            "1.1 0.1 1.2 0.1 1.2 0.4",
            ".6 .8 .6 .2 1.4 .05",
            ".1 .1 .1 .1 .1 .1",
            ".1 x .3 .1 .3 .3",
        ),
    ]
)


@settings(max_examples=30)
@given(
    some.lists(
        lines | some.tuples(some.sampled_from(["0", "1", "Bus", "-1"]), hostile), max_size=6
    ),
    some.booleans(),
    chances,
)
def test_one_run_of_all_fixes_is_enough_for_random_lines(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[tuple[str, str]],
    commas: bool,
    chance: Random,
):
    folder = written_lines(tmp_path_factory.mktemp("yolo") / "ds", drawn, commas, chance)
    check_in_place(folder / "data.yaml", folder, unsafe=True)


def test_an_object_that_is_gone_is_noticed():
    """The test itself: it tells a copy from what is lost."""
    one, copy = Thing("a", "car", (1, 1, 9, 9)), Thing("a", "car", (1, 1, 9, 9.4))
    other = Thing("a", "bus", (1, 1, 9, 9))
    assert lost([one, copy], [one]) == []
    assert lost([one, other], [one]) == [other]
    assert lost([one], [Thing("b", "car", (1, 1, 9, 9))]) == [one]
    twice = [Thing("a?", "car", (1, 1, 9, 9))] * 2
    assert lost(twice, twice[:1]) == twice[:1]
