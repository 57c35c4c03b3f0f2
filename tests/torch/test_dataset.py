from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision import tv_tensors
from torchvision.datasets import CocoDetection, wrap_dataset_for_transforms_v2
from torchvision.transforms import v2

import labelaudit
from labelaudit.errors import ConfigError, FormatError, UnknownNameError
from labelaudit.io.formats import FORMATS, converter
from labelaudit.testing import one_image, with_image_files
from labelaudit.torch.batches import collate
from labelaudit.torch.dataset import DetectionDataset
from tests.torch.small_datasets import BUS, CAR, CROWD, FLAT, box, coco, same

BCCD = Path(__file__).parents[2] / "examples" / "bccd"


def test_a_target_is_what_torchvisions_references_expect(tmp_path: Path):
    dataset = DetectionDataset(coco(tmp_path, CAR, BUS))
    image, target = dataset[0]
    assert (image.mode, image.size) == ("RGB", (64, 48))
    assert isinstance(target["boxes"], tv_tensors.BoundingBoxes)
    assert target["boxes"].format is tv_tensors.BoundingBoxFormat.XYXY
    assert target["boxes"].canvas_size == (48, 64)
    assert target["boxes"].tolist() == [[10, 10, 30, 30], [30, 5, 60, 45]]
    assert target["labels"].tolist() == [1, 2]
    assert target["image_id"] == 100
    assert target["area"].tolist() == [400, 900]
    assert target["iscrowd"].tolist() == [0, 0]
    assert target["weights"].tolist() == [1, 1]
    kinds = {name: value.dtype for name, value in target.items() if name != "image_id"}
    assert kinds == {
        "boxes": torch.float32,
        "labels": torch.int64,
        "area": torch.float32,
        "iscrowd": torch.int64,
        "weights": torch.float32,
    }
    assert dataset.classes == ("car", "bus")


def test_boxes_and_images_are_those_of_torchvisions_own_dataset(tmp_path: Path):
    path = coco(tmp_path, CAR, BUS, box(2, 3, 1.5, 2.25, 30, 20, area=600, iscrowd=0))
    theirs = wrap_dataset_for_transforms_v2(CocoDetection(tmp_path, path))
    ours = DetectionDataset(path)
    assert len(ours) == len(theirs) == 3
    for place in (0, 2):
        image, target = theirs[place]
        our_image, our_target = ours[place]
        assert image.tobytes() == our_image.tobytes()
        assert torch.equal(target["boxes"], our_target["boxes"])
        assert [{1: 7, 2: 3}[one] for one in our_target["labels"].tolist()] == target[
            "labels"
        ].tolist()
        assert target["image_id"] == our_target["image_id"]


def test_an_image_without_boxes_has_empty_tensors_of_the_same_kinds(tmp_path: Path):
    dataset = DetectionDataset(coco(tmp_path, CAR))
    _, target = dataset[2]
    assert target["boxes"].shape == (0, 4)
    assert target["boxes"].canvas_size == (48, 64)
    assert all(len(target[name]) == 0 for name in ("labels", "area", "iscrowd", "weights"))
    assert target["labels"].dtype == torch.int64
    assert "2 images without a box: background alone" in dataset.notes


def test_images_without_boxes_can_be_left_out(tmp_path: Path):
    dataset = DetectionDataset(coco(tmp_path, CAR), empty="drop")
    assert [target["image_id"] for _, target in dataset] == [100]
    assert "2 images without a box: left out" in dataset.notes


def test_any_place_can_be_asked_for_as_in_a_list(tmp_path: Path):
    dataset = DetectionDataset(coco(tmp_path, CAR))
    assert dataset[-1][1]["image_id"] == 102
    assert dataset[np.int64(1)][1]["image_id"] == 101
    assert dataset[torch.tensor(1)][1]["image_id"] == 101
    with pytest.raises(IndexError):
        dataset[3]
    for nowhere in (slice(0, 1), 0.5, "0"):
        with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
            dataset[nowhere]
    assert len(list(dataset)) == 3
    assert dataset.get_height_and_width(1) == (48, 64)


def test_tensors_are_copies_that_transforms_may_write_to(tmp_path: Path):
    dataset = DetectionDataset(coco(tmp_path, CAR))
    _, target = dataset[0]
    for name in ("boxes", "labels", "area", "iscrowd", "weights"):
        target[name].zero_()
    _, again = dataset[0]
    assert again["boxes"].tolist() == [[10, 10, 30, 30]]
    assert again["labels"].tolist() == [1]
    assert again["weights"].tolist() == [1]


@pytest.mark.parametrize("name", sorted(name for name in FORMATS if FORMATS[name].convert))
def test_labels_are_the_same_from_every_format_that_is_written(name, tmp_path: Path):
    with_images = labelaudit.load(BCCD)
    converter(FORMATS[name])(with_images, tmp_path / "out.json", copy_images=True).write()
    ours = DetectionDataset(BCCD)
    theirs = DetectionDataset(tmp_path / "out.json", classes=ours.classes, images=BCCD)
    assert len(theirs) == len(ours)
    boxes = {Path(str(path)).stem: place for place, path in enumerate(theirs._path.tolist())}
    for place in (0, 7, 20):
        _, expected = ours[place]
        _, found = theirs[boxes[Path(str(ours._path[place])).stem]]
        assert torch.allclose(found["boxes"], expected["boxes"], atol=0.01)
        assert torch.equal(found["labels"], expected["labels"])


def test_a_split_is_chosen_by_its_name():
    sizes = {split: len(DetectionDataset(BCCD, split=split)) for split in ("train", "val", "test")}
    assert sizes == {"train": 22, "val": 9, "test": 9}
    with pytest.raises(UnknownNameError, match="'trian'; did you mean 'train'"):
        DetectionDataset(BCCD, split="trian")


def test_a_dictionary_and_a_dataset_are_taken_too(tmp_path: Path):
    labels = json.loads(coco(tmp_path, CAR, BUS).read_text())
    expected = DetectionDataset(tmp_path / "labels.json")
    for source in (labels, labelaudit.load(tmp_path / "labels.json")):
        options = {"images": tmp_path} if isinstance(source, dict) else {}
        same(DetectionDataset(source, **options)[0][1], expected[0][1])


def test_classes_of_a_validation_set_have_the_numbers_of_the_training_set(tmp_path: Path):
    path = coco(tmp_path, CAR, BUS)
    dataset = DetectionDataset(path, classes=("van", "bus", "car"))
    assert dataset[0][1]["labels"].tolist() == [3, 2]
    assert "1 class without a box: van" in dataset.notes
    some = DetectionDataset(path, classes=["bus"])
    assert some[0][1]["labels"].tolist() == [1]
    left_out = "1 box of classes that are not learned left out, background: car"
    assert left_out in some.notes
    assert not any("not learned" in note for note in dataset.notes)
    with pytest.raises(ConfigError, match="named twice"):
        DetectionDataset(path, classes=["bus", "bus"])


def test_boxes_of_classes_that_are_not_learned_are_counted_once_and_the_commonest_named(tmp_path):
    names = ["a", "b", "c", "d", "e"]
    categories = [{"id": number, "name": name} for number, name in enumerate(names)]
    boxes = [box(0, number, 5, 5, 9, 9) for number in (0, 1, 2, 2, 3, 3, 3, 4)]
    flat, unknown = box(0, 3, 5, 5, 0, 9), box(0, 99, 5, 5, 9, 9)
    path = coco(tmp_path, *boxes, flat, unknown, categories=categories)
    notes = DetectionDataset(path, classes=["a"]).notes
    assert "7 boxes of classes that are not learned left out, background: d, c, b, ..." in notes
    assert any(note.startswith("1 box without an inside") for note in notes)
    assert any(note.startswith("1 box of no class") for note in notes)
    three = DetectionDataset(path, classes=["a", "b"]).notes
    assert "6 boxes of classes that are not learned left out, background: d, c, e" in three


@pytest.mark.parametrize(
    ("crowds", "weights", "flags"), [("drop", [], []), ("keep", [1], [1]), ("ignore", [0], [1])]
)
def test_crowds_are_left_out_kept_or_of_weight_0(tmp_path: Path, crowds, weights, flags):
    dataset = DetectionDataset(coco(tmp_path, CAR, CROWD), crowds=crowds)
    assert dataset[1][1]["weights"].tolist() == weights
    assert dataset[1][1]["iscrowd"].tolist() == flags
    assert any("1 box of a crowd: " in note for note in dataset.notes)


@pytest.mark.parametrize(
    ("difficult", "weights"), [("drop", [1]), ("keep", [1, 1]), ("ignore", [1, 0])]
)
def test_difficult_boxes_are_left_out_kept_or_of_weight_0(tmp_path: Path, difficult, weights):
    labels = one_image("car 10 10 40 40", "car 50 20 90 60 difficult", size=(96, 64))
    dataset = DetectionDataset(with_image_files(labels, tmp_path), difficult=difficult)
    assert dataset[0][1]["weights"].tolist() == weights


BAD = {
    "without an inside": [box(0, 7, 5, 5, 0, 20), box(0, 7, 5, 5, 9, -3)],
    "outside of their image": [box(0, 7, 64, 5, 9, 9), box(0, 7, 5, 48, 9, 9)],
    "of no class": [box(0, 99, 5, 5, 9, 9)],
}


@pytest.mark.parametrize("reason", BAD)
def test_boxes_that_cannot_be_learned_are_left_out_and_counted_or_refused(tmp_path: Path, reason):
    path = coco(tmp_path, CAR, *BAD[reason])
    dataset = DetectionDataset(path)
    assert dataset[0][1]["boxes"].tolist() == [[10, 10, 30, 30]]
    (note,) = [note for note in dataset.notes if reason in note]
    assert note.startswith(f"{len(BAD[reason])} box")
    assert "0.png annotations[1]" in note
    with pytest.raises(ConfigError, match=rf"{reason} \(0\.png annotations\[1\].*invalid='drop'"):
        DetectionDataset(path, invalid="raise")
    assert DetectionDataset(coco(tmp_path, CAR), invalid="raise")


def test_a_box_with_numbers_that_are_none_is_left_out(tmp_path: Path):
    path = coco(tmp_path, CAR, box(0, 7, float("nan"), 5, 9, 9), box(0, 7, 5, 5, 1e400, 9))
    dataset = DetectionDataset(path)
    assert len(dataset[0][1]["boxes"]) == 1
    assert any(note.startswith("2 boxes without an inside") for note in dataset.notes)


def test_a_box_of_no_image_is_told_of(tmp_path: Path):
    dataset = DetectionDataset(coco(tmp_path, CAR, box(77, 7, 5, 5, 9, 9)))
    assert any("1 box of no image" in note for note in dataset.notes)


def test_boxes_are_cut_off_at_the_edges_of_their_image(tmp_path: Path):
    dataset = DetectionDataset(coco(tmp_path, box(0, 7, -5, 40, 20, 20), box(0, 7, 0, 0, 64, 48)))
    assert dataset[0][1]["boxes"].tolist() == [[0, 40, 15, 48], [0, 0, 64, 48]]
    assert "1 box cut off at the image's edges" in dataset.notes


def test_an_area_that_is_not_stated_is_that_of_the_box(tmp_path: Path):
    labels = coco(tmp_path, box(0, 7, 10, 10, 20, 5), box(0, 7, 1, 1, 4, 4, area=7))
    assert DetectionDataset(labels)[0][1]["area"].tolist() == [100, 7]


def test_ids_that_are_texts_or_repeat_become_the_rows_of_images(tmp_path: Path):
    for ids in (["a", "b"], [5, 5]):
        rows = [
            {"id": number, "file_name": f"{row}.png", "width": 64, "height": 48}
            for row, number in enumerate(ids)
        ]
        labels = json.loads(coco(tmp_path, images=2).read_text()) | {"images": rows}
        dataset = DetectionDataset(labels, images=tmp_path)
        assert [target["image_id"] for _, target in dataset] == [0, 1]


def test_masks_are_drawn_as_pycocotools_draws_them(tmp_path: Path):
    rle = {"size": [48, 64], "counts": [0, 48, 3024]}
    other = box(0, 3, 0, 0, 1, 48, area=48, iscrowd=0, segmentation=rle)
    dataset = DetectionDataset(coco(tmp_path, CAR, BUS, other), masks=True)
    _, target = dataset[0]
    assert isinstance(target["masks"], tv_tensors.Mask)
    assert target["masks"].dtype == torch.uint8
    assert target["masks"].sum(dim=(1, 2)).tolist() == [400, 48]
    assert target["labels"].tolist() == [1, 2]
    assert any("1 box without a mask (0.png annotations[1])" in note for note in dataset.notes)
    assert dataset[1][1]["masks"].shape == (0, 48, 64)


def test_keypoints_that_are_left_behind_are_told_of(tmp_path: Path):
    person = CAR | {"keypoints": [12, 12, 2], "num_keypoints": 1}
    assert "keypoints are not in targets" in DetectionDataset(coco(tmp_path, person)).notes
    assert "keypoints are not in targets" not in DetectionDataset(coco(tmp_path, CAR)).notes


def test_masks_that_labels_do_not_hold_are_said_to_be_absent():
    with pytest.raises(ConfigError, match="hold no masks"):
        DetectionDataset(BCCD, masks=True)


def test_masks_of_a_dictionary_are_read_before_it_is_gone(tmp_path: Path):
    labels = json.loads(coco(tmp_path, CAR).read_text())
    dataset = DetectionDataset(labels, images=tmp_path, masks=True)
    assert int(dataset[0][1]["masks"].sum()) == 400


def test_an_empty_dataset_and_one_without_images_are_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="no image is left to train on"):
        DetectionDataset({"images": [], "annotations": [], "categories": []})
    with pytest.raises(ConfigError, match="no image is left to train on: 3 images without a box"):
        DetectionDataset(coco(tmp_path), empty="drop")
    with pytest.raises(FormatError, match="no such file"):
        DetectionDataset(tmp_path / "nowhere.json")


@pytest.mark.parametrize("name", ["crowds", "difficult", "invalid", "empty", "unreadable"])
def test_a_choice_that_does_not_exist_is_refused(tmp_path: Path, name):
    with pytest.raises(ConfigError, match=f"{name} is .*, not 'maybe'"):
        DetectionDataset(coco(tmp_path, CAR), **{name: "maybe"})


def test_all_that_was_done_is_said_where_the_dataset_is_printed(tmp_path: Path):
    shown = repr(DetectionDataset(coco(tmp_path, CAR, FLAT)))
    assert shown.startswith("DetectionDataset: 3 images, 1 box, 2 classes\n    1 box without an in")


def test_labels_go_to_pycocotools_without_reading_an_image(tmp_path: Path):
    from pycocotools.coco import COCO

    path = coco(tmp_path, CAR, BUS, CROWD)
    dataset = DetectionDataset(path, crowds="ignore")
    (tmp_path / "0.png").unlink()
    truth = COCO()
    truth.dataset = dataset.coco_labels()
    truth.createIndex()
    found = truth.loadAnns(truth.getAnnIds([100]))
    assert [one["bbox"] for one in found] == [[10, 10, 20, 20], [30, 5, 30, 40]]
    assert [one["category_id"] for one in found] == [1, 2]
    assert [one["iscrowd"] for one in truth.loadAnns(truth.getAnnIds([101]))] == [1]
    assert truth.loadCats([2])[0]["name"] == "bus"
    assert sorted(truth.getImgIds()) == [100, 101, 102]


def test_a_detector_learns_from_what_it_gives(tmp_path: Path):
    from tests.torch.tiny_detectors import built

    torch.set_num_threads(1)
    transforms = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
    dataset = DetectionDataset(coco(tmp_path, CAR, BUS), transforms)
    images, targets = next(iter(DataLoader(dataset, 3, collate_fn=collate)))
    model = built("faster_rcnn")
    sum(model(list(images), list(targets)).values()).backward()


def test_images_of_any_mode_become_rgb(tmp_path: Path):
    path = coco(tmp_path, CAR)
    Image.new("L", (64, 48), 9).save(tmp_path / "0.png")
    Image.new("RGBA", (64, 48), (9, 8, 7, 0)).save(tmp_path / "1.png")
    Image.fromarray(np.full((48, 64), 65535, np.uint16)).save(tmp_path / "2.png")
    images = [image for image, _ in DetectionDataset(path)]
    assert [image.mode for image in images] == ["RGB"] * 3
    assert [image.getpixel((0, 0)) for image in images] == [(9, 9, 9), (9, 8, 7), (255,) * 3]
