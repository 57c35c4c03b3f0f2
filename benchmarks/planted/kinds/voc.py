"""Pascal VOC files and elements that are broken."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement

from benchmarks.planted.places import BOX, FILE, Mark, Place
from benchmarks.planted.planting import in_voc
from benchmarks.planted.voc import CORNERS, VocSpot

BOXES, CONVENTIONS, FILES = "boxes", "conventions", "files"
RECORDS, REFERENCES = "records", "references"


def _without(parent: Element, name: str) -> None:
    parent.remove(_child(parent, name))


def _child(parent: Element, path: str) -> Element:
    child = parent.find(path)
    assert child is not None, f"the clean twin has a {path}"
    return child


@in_voc(FILES, "unreadable-record")
def file_cut_off(spot: VocSpot) -> Mark:
    spot.edits.append(lambda text: text[: text.rindex("<ymin>")])
    return Place(BOX, spot.source, len(spot.root.findall("object")) - 1)


@in_voc(FILES, "unreadable-record")
def file_of_no_bytes(spot: VocSpot) -> Mark:
    spot.edits.append(lambda _: "")
    return spot.file


@in_voc(FILES, "unreadable-record")
def tags_that_do_not_match(spot: VocSpot) -> Mark:
    spot.edits.append(lambda text: text.replace("</size>", "</object>", 1))
    return spot.file


@in_voc(FILES, "unreadable-record")
def entity_bomb(spot: VocSpot) -> Mark:
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 9}">' for n in range(1, 9))
    spot.edits.append(lambda text: f'<!DOCTYPE x [<!ENTITY a0 "ha">{bomb}]>{text}')
    return spot.file


@in_voc(FILES, "unreadable-record")
def external_entity(spot: VocSpot) -> Mark:
    _child(spot.root, "filename").text = "ENTITY"
    doctype = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    spot.edits.append(lambda text: doctype + text.replace("ENTITY", "&e;"))
    return spot.file


@in_voc(FILES, "unreadable-record")
def file_that_is_a_web_page(spot: VocSpot) -> Mark:
    spot.edits.append(lambda _: "<html><body>404 Not Found</body></html>")
    return spot.file


@in_voc(RECORDS, "missing-field")
def image_without_file_name(spot: VocSpot) -> Mark:
    _without(spot.root, "filename")
    return spot.root


@in_voc(RECORDS, "wrong-type")
def file_name_of_another_image(spot: VocSpot) -> Mark:
    _child(spot.root, "filename").text = "IMG_0001.jpg"
    return spot.root


@in_voc(RECORDS, "missing-field")
def image_without_size(spot: VocSpot) -> Mark:
    _without(spot.root, "size")
    return spot.root


@in_voc(RECORDS, "missing-field")
def image_without_width(spot: VocSpot) -> Mark:
    _without(_child(spot.root, "size"), "width")
    return spot.root


@in_voc(RECORDS, "missing-field")
def object_without_class(spot: VocSpot) -> Mark:
    _without(spot.plain, "name")
    return spot.plain


@in_voc(RECORDS, "missing-field")
def object_with_an_empty_class(spot: VocSpot) -> Mark:
    _child(spot.plain, "name").text = " "
    return spot.plain


@in_voc(RECORDS, "missing-field")
def object_without_box(spot: VocSpot) -> Mark:
    _without(spot.plain, "bndbox")
    return spot.plain


@in_voc(RECORDS, "missing-field")
def box_without_left_edge(spot: VocSpot) -> Mark:
    _without(_child(spot.plain, "bndbox"), "xmin")
    return spot.plain


@in_voc(RECORDS, "missing-field")
def corner_is_a_word(spot: VocSpot) -> Mark:
    _child(spot.plain, "bndbox/xmin").text = "left"
    return spot.plain


@in_voc(RECORDS, "wrong-type")
def corner_with_a_decimal_comma(spot: VocSpot) -> Mark:
    _child(spot.plain, "bndbox/xmin").text = "12,5"
    return spot.plain


@in_voc(BOXES, "not-finite")
def box_with_nan(spot: VocSpot) -> Mark:
    _child(spot.plain, "bndbox/xmin").text = "nan"
    return spot.plain


@in_voc(BOXES, "not-finite")
def box_beyond_all_images(spot: VocSpot) -> Mark:
    _child(spot.plain, "bndbox/xmax").text = "1e308"
    return spot.plain


@in_voc(RECORDS, "missing-field")
def difficult_is_a_word(spot: VocSpot) -> Mark:
    _child(spot.plain, "difficult").text = "Unspecified"
    return spot.plain


@in_voc(RECORDS, "duplicate-key")
def field_written_twice(spot: VocSpot) -> Mark:
    SubElement(_child(spot.plain, "bndbox"), "xmax").text = "33"
    return spot.plain


@in_voc(REFERENCES, "dangling-image")
def image_set_names_an_image_that_is_not_there(spot: VocSpot) -> Mark:
    spot.voc.sets["val"].append("scene_9999")
    return Place(FILE, "ImageSets/Main/val.txt")


@in_voc(REFERENCES, "image-listed-twice")
def image_listed_twice(spot: VocSpot) -> Mark:
    spot.voc.sets[spot.image.split].append(spot.image.stem)
    return spot.image


def _all_corners(spot: VocSpot, rewrite: Callable[[list[float]], list[float]]) -> Mark:
    """Write every box of a VOC folder anew, from its four corners."""
    for other in spot.voc.spots.values():
        for box in other.root.iter("bndbox"):
            corners = [float(_child(box, name).text or "") for name in CORNERS]
            for name, number in zip(CORNERS, rewrite(corners), strict=True):
                _child(box, name).text = f"{number:g}"
    return Place(FILE)


@in_voc(CONVENTIONS, "wrong-convention", alone=True)
def pixels_counted_from_the_wrong_number(spot: VocSpot) -> Mark:
    return _all_corners(spot, lambda box: [number - 1 for number in box])


@in_voc(CONVENTIONS, "wrong-convention", alone=True)
def sizes_as_corners(spot: VocSpot) -> Mark:
    return _all_corners(
        spot, lambda box: [box[0], box[1], box[2] - box[0] + 1, box[3] - box[1] + 1]
    )


@in_voc(CONVENTIONS, "wrong-convention", alone=True)
def axes_swapped(spot: VocSpot) -> Mark:
    return _all_corners(spot, lambda box: [box[1], box[0], box[3], box[2]])
