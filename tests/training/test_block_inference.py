"""Images go through a model in blocks that are kept, and what it sees becomes a second opinion."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from labelaudit.core.columns import texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import ConfigError
from labelaudit.predictions.read import read_predictions
from labelaudit.testing import images, with_columns
from labelaudit.training import block_inference
from labelaudit.training.block_inference import predicted_blocks, predictions_for
from labelaudit.training.inference_images import images_in, images_of_dataset
from labelaudit.training.inference_model import InferenceModel, content_digest
from labelaudit.training.learned_images import FACT, image_marks, learned_before
from labelaudit.training.results_file import write_results


class Network:
    """Sees in every image a box of each class, and notes how many images it was shown."""

    def __init__(self, *classes, digest="0" * 32):
        self.classes, self.digest, self.shown = classes, digest, 0

    @property
    def model(self):
        ids = tuple(range(len(self.classes)))
        return InferenceModel("m.pt", self.forward, self.classes, ids, (64, 96), self.digest)

    def forward(self, pixels):
        self.shown += len(pixels)
        count = len(self.classes)
        scores = np.tile(np.eye(count, dtype=np.float32) * 0.7, (len(pixels), 1, 1))
        boxes = np.array([[10 * n, 0, 10 * n + 8, 8] for n in range(1, count + 1)], np.float32)
        return scores, np.tile(boxes, (len(pixels), 1, 1))


@pytest.fixture
def files(tmp_path):
    """Five images, the fourth of which cannot be read."""
    folder = tmp_path / "images"
    folder.mkdir()
    for row in range(5):
        Image.new("RGB", (96, 64), (row, 0, 0)).save(folder / f"{row}.png")
    (folder / "3.png").write_bytes(b"broken")
    return folder


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(block_inference, "BLOCK", 2)


def paths(folder):
    return texts(str(path) for path in sorted(folder.iterdir()))


def dataset_of(folder):
    dataset = images({f"{row}.png": ["car 10 0 18 8", "dog 20 0 28 8"] for row in range(5)})
    return with_columns(dataset, "images", path=paths(folder))


def test_blocks_say_where_their_images_are_among_all(files, tmp_path):
    told = []
    blocks = predicted_blocks(
        Network("car").model,
        paths(files),
        cache=tmp_path,
        progress=lambda done, total: told.append((done, total)),
    )
    found = list(blocks)
    assert [len(block.errors) for block in found] == [2, 2, 1]
    assert np.concatenate([block.predictions.image for block in found]).tolist() == [0, 1, 2, 4]
    assert [bool(error) for block in found for error in block.errors] == [0, 0, 0, 1, 0]
    assert told[-1] == (5, 5)
    assert told == sorted(told)


def test_a_run_that_was_stopped_goes_on_after_the_last_whole_block(files, tmp_path):
    first, second = Network("car"), Network("car")
    blocks = predicted_blocks(first.model, paths(files), cache=tmp_path)
    kept = [next(blocks), next(blocks)]
    blocks.close()
    again = list(predicted_blocks(second.model, paths(files), cache=tmp_path))
    assert second.shown == 1
    for one, other in zip(kept, again, strict=False):
        assert (one.sizes, one.errors) == (other.sizes, other.errors)
        np.testing.assert_array_equal(one.predictions.xyxy, other.predictions.xyxy)


@pytest.mark.parametrize("change", ["model", "image", "damage"])
def test_what_was_kept_of_another_model_or_image_is_not_taken(files, tmp_path, change):
    list(predicted_blocks(Network("car").model, paths(files), cache=tmp_path))
    again = Network("car", digest="1" * 32 if change == "model" else "0" * 32)
    if change == "image":
        Image.new("RGB", (97, 64)).save(files / "4.png")
    if change == "damage":
        newest = max(tmp_path.glob("predictions/*/*.npz"), key=lambda path: path.stat().st_mtime)
        newest.write_bytes(newest.read_bytes()[:100])
    found = list(predicted_blocks(again.model, paths(files), cache=tmp_path))
    assert again.shown == {"model": 5, "image": 1, "damage": 1}[change]
    assert sum(len(block.predictions) for block in found) == 4


def test_results_are_read_by_pycocotools_and_by_labelaudit(files, tmp_path):
    dataset, network = dataset_of(files), Network("dog", "cat", "car")
    derived = DatasetColumns(dataset)
    asked = images_of_dataset(derived, network.classes)
    out = tmp_path / "results.json"
    blocks = predicted_blocks(network.model, asked.paths, cache=tmp_path)
    written = write_results(out, asked, blocks)
    assert (written.predictions, written.left_out) == (8, 4)
    assert [name for name, _ in written.unreadable] == ["3.png"]
    assert str(files) not in written.unreadable[0][1]
    truth = COCO()
    truth.dataset = {
        "images": [{"id": n} for n in range(1, 6)],
        "categories": [{"id": 1}, {"id": 2}],
        "annotations": [],
        "info": {},
    }
    truth.createIndex()
    loaded = truth.loadRes(str(out))
    assert [one["image_id"] for one in loaded.dataset["annotations"]] == [1, 1, 2, 2, 3, 3, 5, 5]
    read = read_predictions(out, derived)
    assert read.predictions.image.tolist() == [0, 0, 1, 1, 2, 2, 4, 4]
    assert read.predictions.label.tolist() == [1, 0] * 4
    assert read.predictions.xyxy[:2].tolist() == [[10, 0, 18, 8], [30, 0, 38, 8]]


def test_results_of_a_plain_folder_are_found_by_name(files, tmp_path):
    network = Network("car")
    asked = images_in([files], ("car",))
    blocks = predicted_blocks(network.model, asked.paths, cache=tmp_path)
    write_results(tmp_path / "results.json", asked, blocks)
    read = read_predictions(tmp_path / "results.json", DatasetColumns(dataset_of(files)))
    assert read.predictions.image.tolist() == [0, 1, 2, 4]


def test_a_results_file_without_predictions_is_a_list(tmp_path):
    asked = images_in([_lone_image(tmp_path)], (None,))
    blocks = predicted_blocks(Network("car").model, asked.paths, cache=tmp_path)
    written = write_results(tmp_path / "r.json", asked, blocks)
    assert (written.predictions, written.left_out) == (0, 1)
    assert json.loads((tmp_path / "r.json").read_text()) == []


def _lone_image(folder):
    Image.new("RGB", (96, 64)).save(folder / "a.png")
    return folder / "a.png"


def test_a_run_that_fails_leaves_the_older_results(files, tmp_path):
    out = tmp_path / "results.json"
    out.write_text("[]")
    asked = images_in([files], (1,))

    def failing():
        yield from predicted_blocks(Network("car").model, asked.paths[:2], cache=tmp_path)
        raise ConfigError("no room")

    with pytest.raises(ConfigError):
        write_results(out, asked, failing())
    assert out.read_text() == "[]"
    assert [path.name for path in tmp_path.glob(".results*")] == []


def test_a_second_opinion_counts_classes_by_the_names_of_the_labels(files, tmp_path):
    derived = DatasetColumns(dataset_of(files))
    found = predictions_for(Network("dog", "cat", "car").model, derived, cache=tmp_path)
    assert found.source == "m.pt"
    assert found.predictions.label.tolist() == [1, 0] * 4
    assert found.predictions.image.tolist() == [0, 0, 1, 1, 2, 2, 4, 4]
    notes = " ".join(found.notes)
    assert "no such class: cat" in notes
    assert "1 image could not be read" in notes


def test_a_model_that_can_look_at_no_image_is_no_second_opinion(files, tmp_path):
    dataset = with_columns(dataset_of(files), "images", path=[""] * 5)
    with pytest.raises(ConfigError, match="no image could be read: not found on disk"):
        predictions_for(Network("car").model, DatasetColumns(dataset), cache=tmp_path)


@pytest.mark.parametrize("learned", [0, 1, 4])
def test_a_model_that_was_trained_on_the_images_is_no_independent_opinion(files, tmp_path, learned):
    known = image_marks([str(files / f"{row}.png") for row in range(learned)])
    copied = tmp_path / "copied"
    copied.mkdir()
    for path in files.iterdir():
        (copied / path.name).write_bytes(path.read_bytes())
    model = dataclasses.replace(Network("car").model, facts={FACT: known})
    derived = DatasetColumns(dataset_of(copied))
    said = " ".join(predictions_for(model, derived, cache=tmp_path).notes)
    assert ("was trained on" in said) == (learned > 0)
    if learned:
        assert f"m.pt was trained on {learned} of these 5 images" in said


def test_an_image_of_the_same_length_is_another_one(files):
    (files / "0.png").write_bytes(b"one")
    known = {FACT: image_marks([str(files / "0.png"), str(files / "gone.png"), ""])}
    assert len(known[FACT]) == 1
    every = texts([str(files / "0.png"), str(files / "1.png"), "", str(files / "gone.png")])
    assert learned_before(known, every).tolist() == [True, False, False, False]
    (files / "1.png").write_bytes(b"two")
    assert learned_before(known, every).tolist() == [True, False, False, False]
    assert not learned_before({}, every).any()


def test_a_digest_is_of_what_a_file_or_a_folder_holds(tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"one")
    assert content_digest(tmp_path / "a") == content_digest(tmp_path / "b")
    whole = content_digest(tmp_path)
    (tmp_path / "b").write_bytes(b"two")
    assert content_digest(tmp_path / "a") != content_digest(tmp_path / "b")
    assert content_digest(tmp_path) != whole
    model = dataclasses.replace(Network("car").model, facts={"epochs": 1})
    assert model.facts == {"epochs": 1}
