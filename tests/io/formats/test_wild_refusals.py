"""What is not read is answered with what it is and what to do."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Mapping

import pytest

from labelaudit.errors import FormatError
from labelaudit.io.load import load
from tests.io.formats.wild_layouts import IMAGE, LINE, coco, put, text, xml


def zipped(files: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"l.json": coco().encode("utf-16")}, "save l.json as UTF-8: it is UTF-16 text"),
        ({"l.json.gz": gzip.compress(coco().encode())}, "give the archive itself: l.json.gz"),
        ({"in/inner.zip": zipped({"a.txt": LINE.encode()})}, "unpack in/inner.zip first"),
        (
            {"l.json": text(json.loads(coco())["annotations"])},
            r"a list of annotations of COCO without images and categories \(l.json\)",
        ),
        (
            {"meta.json": text({"tags": []}), "ds/ann/a.jpg.json": '{"classTitle": 1}'},
            "Supervisely",
        ),
        ({"x.json": '{"asset": {"id": 1}, "regions": [{"boundingBox": {}}]}'}, "VoTT"),
        ({"gt/gt.txt": "1,1,10,10,30,20,1,1,1\n", "seqinfo.ini": "[Sequence]\n"}, "MOT"),
    ],
)
def test_what_is_not_read_is_answered_with_what_to_do(tmp_path, files, words):
    with pytest.raises(FormatError, match=words):
        load(put(tmp_path, files))


OTHER_TASKS = {
    "masks": ({"images/a.jpg": IMAGE, "masks/a_mask.png": IMAGE}, "segmentation masks"),
    "Cityscapes' masks": (
        {
            "gtFine/train/x/x_0_gtFine_labelIds.png": IMAGE,
            "leftImg8bit/train/x/x_0_leftImg8bit.png": IMAGE,
        },
        "segmentation masks",
    ),
    "folders of classes": (
        {"train/cat/1.jpg": IMAGE, "train/dog/2.jpg": IMAGE, "val/cat/3.jpg": IMAGE},
        r"images in folders of classes \(cat, dog\), no boxes",
    ),
    "images": ({"x/a.jpg": IMAGE, "x/b.jpg": IMAGE}, "only images, no labels"),
    "a table of classes": (
        {"images/a.jpg": IMAGE, "labels.csv": "id,breed\na,boston_bull\n"},
        r"classes of whole images \(labels.csv\) have no boxes",
    ),
    "a list of classes": (
        {"a.jpg": IMAGE, "val.txt": "a.jpg 65\nb.jpg 970\n"},
        "classes of whole images",
    ),
    "captions in a table": (
        {"a.jpg": IMAGE, "captions.txt": "image,caption\na.jpg,A dog runs .\n"},
        "captions of images",
    ),
    "captions in lines": (
        {"a.jpg": IMAGE, "t.txt": "a.jpg#0\tA child in a pink dress\n"},
        "captions of images",
    ),
    "captions in JSON": (
        {"a.jpg": IMAGE, "c.json": text([{"image": "a.jpg", "caption": ["a dog"]}])},
        "captions of images",
    ),
    "conversations": (
        {
            "a.jpg": IMAGE,
            "l.json": text(
                [{"image": "a.jpg", "conversations": [{"from": "human", "value": "?"}]}]
            ),
        },
        "conversations about images",
    ),
    "masks in a table": (
        {"a.jpg": IMAGE, "t.csv": "ImageId,EncodedPixels\na.jpg,264661 17\n"},
        "run-length masks",
    ),
    "keypoints in a table": (
        {"a.jpg": IMAGE, "l.csv": "image_id,lefteye_x,lefteye_y,nose_x,nose_y\na.jpg,1,2,3,4\n"},
        "keypoints in a table",
    ),
    "point clouds": ({"velodyne/0.bin": b"\0" * 64, "b.pcd": "# .PCD v0.7\n"}, "point clouds"),
    "volumes": ({"a.nii": b"\0" * 64}, "volumes of medical images"),
    "videos": ({"a.mp4": b"\0" * 64}, "videos"),
}


@pytest.mark.parametrize("task", OTHER_TASKS)
def test_labels_of_another_task_are_named_as_that(tmp_path, task):
    files, words = OTHER_TASKS[task]
    with pytest.raises(FormatError, match=words):
        load(put(tmp_path, files))


@pytest.mark.parametrize("task", OTHER_TASKS)
def test_labels_of_another_task_hide_no_boxes(tmp_path, task):
    files, _ = OTHER_TASKS[task]
    put(tmp_path / "more", files)
    dataset = load(put(tmp_path, {"a.jpg": IMAGE, "a.xml": xml()}))
    assert (dataset.format, len(dataset.boxes)) == ("voc", 1)
    assert not any("no boxes" in note for note in dataset.notes)


@pytest.mark.parametrize(
    "names",
    [["images/a.jpg", "masks/b.png"], ["train/a.jpg", "val/b.jpg"], ["cat/a.jpg", "cat/b.jpg"]],
)
def test_images_that_are_neither_masks_nor_in_folders_of_classes_are_images(tmp_path, names):
    with pytest.raises(FormatError, match="only images, no labels"):
        load(put(tmp_path, dict.fromkeys(names, IMAGE)))


def test_what_can_be_read_beside_what_cannot_needs_no_advice(tmp_path):
    put(tmp_path, {"a.jpg": IMAGE, "a.xml": xml(), "old.json": coco().encode("utf-16")})
    assert load(tmp_path).format == "voc"
