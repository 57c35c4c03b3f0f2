"""A training comes to the same weights however often it is stopped, and says what is wrong."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math

import numpy as np
import pytest
import torch

from labelaudit.core.columns import texts
from labelaudit.detector.training import loop
from labelaudit.errors import ConfigError, LabelauditError
from labelaudit.testing import with_columns
from labelaudit.training import train as module
from labelaudit.training.augmentation import Augmentation
from labelaudit.training.evaluate import evaluate
from labelaudit.training.model_file import load_detector
from labelaudit.training.run_folder import BEST, LAST
from labelaudit.training.split import TrainingSplit
from labelaudit.training.train import Recipe, train_detector

ALL = Augmentation(scale=True, colour=True)


class Killed(BaseException):
    """What ends a process."""


@pytest.fixture
def trained(tmp_path, squares, halves, small):
    """Trains on six squares in a folder of this name, with the features that others left."""
    dataset = squares(6)

    def run(folder, config=small, **options):
        return train_detector(
            options.pop("dataset", dataset),
            config,
            options.pop("split", halves(6)),
            folder=tmp_path / folder,
            cache=tmp_path / "cache",
            workers=1,
            **options,
        )

    return run


def weights(detector):
    return {name: value.numpy().tobytes() for name, value in detector.network.state_dict().items()}


def whole(config):
    return dataclasses.replace(config, trained="whole")


def test_a_detector_learns_to_see(trained, small, squares, halves):
    config = dataclasses.replace(small, epochs=30, learning_rate=2e-2, channels=16)
    detector = trained("a", config)
    assert detector.classes == ("red", "blue")
    assert detector.class_ids == (1, 2)
    assert detector.input_size == (64, 96)
    metrics = evaluate(detector, squares(6), halves(6).validate)
    assert metrics.ap50 > 0.3
    assert metrics.map == pytest.approx(detector.facts["validation"]["map"], abs=0.05)


@pytest.mark.parametrize(
    "case",
    list(itertools.product(["frozen", "whole"], [None, ALL], ["before it is kept", "after it"])),
)
def test_a_run_that_was_killed_comes_to_the_same_weights(
    tmp_path, trained, small, monkeypatch, case
):
    how_much, augmentation, when = case
    config = dataclasses.replace(small, trained=how_much, epochs=3)
    never_stopped = weights(trained("a", config, recipe=Recipe(augmentation)))
    keep = loop._save_checkpoint

    def killed(checkpoint, parts, epochs):
        if epochs == 2 and when == "after it":
            keep(checkpoint, parts, epochs)
        if epochs == 2:
            raise Killed
        keep(checkpoint, parts, epochs)

    monkeypatch.setattr(loop, "_save_checkpoint", killed)
    with pytest.raises(Killed):
        trained("b", config, recipe=Recipe(augmentation))
    monkeypatch.setattr(loop, "_save_checkpoint", keep)
    told, steps = [], []
    again = trained(
        "b",
        config,
        recipe=Recipe(augmentation, told=told.append),
        progress=lambda what, done, total: steps.append((what, done, total)),
    )
    assert weights(again) == never_stopped
    done = 2 if when == "after it" else 1
    assert [step for what, step, _ in steps if what == "training"] == list(range(done + 1, 4))
    assert f"{tmp_path / 'b'}: {done} epoch{'s' * (done > 1)} of 3 done before" in told
    for name in (BEST, LAST):
        both = [load_detector(tmp_path / folder / name, device="cpu") for folder in "ab"]
        assert weights(both[0]) == weights(both[1])
    lines = [(tmp_path / folder / "metrics.jsonl").read_text().splitlines() for folder in "ab"]
    without_time = [[json.loads(line) | {"seconds": 0} for line in some] for some in lines]
    assert without_time[0] == without_time[1]
    assert [line["epoch"] for line in without_time[0]] == [1, 2, 3]


def test_another_seed_comes_to_other_weights(trained, small):
    other = dataclasses.replace(small, seed=1)
    assert weights(trained("a")) != weights(trained("b", other))


@pytest.mark.parametrize("change", [lambda config: config, whole], ids=["frozen", "whole"])
def test_with_all_weights_1_the_numbers_are_those_without(trained, small, change):
    ones = np.ones(12)
    plain = weights(trained("a", change(small)))
    assert weights(trained("b", change(small), label_weights=ones)) == plain
    ones[0] = 0.5
    assert weights(trained("c", change(small), label_weights=ones)) != plain


def test_labels_that_count_for_nothing_teach_nothing(trained, small, squares):
    dataset = squares(6)
    wrong = dataset.boxes.image < 2
    swapped = with_columns(
        dataset, "boxes", label=np.where(wrong, 1 - dataset.boxes.label, dataset.boxes.label)
    )
    none = np.where(wrong, 0.0, 1.0)
    assert weights(trained("a", label_weights=none)) == weights(
        trained("b", dataset=swapped, label_weights=none)
    )
    assert weights(trained("c")) != weights(trained("d", dataset=swapped))


def test_the_epoch_with_the_highest_map_is_taken_the_first_of_equals(
    tmp_path, trained, small, monkeypatch
):
    config = dataclasses.replace(small, epochs=4)
    figures = iter([0.1, 0.3, 0.3, 0.2])
    measured = module.validated

    def made_up(learning):
        return dataclasses.replace(measured(learning), map=next(figures))

    monkeypatch.setattr(module, "validated", made_up)
    best = trained("a", config)
    assert best.facts["epoch"] == 2
    assert best.facts["validation"]["map"] == 0.3
    last = load_detector(tmp_path / "a" / LAST, device="cpu")
    assert last.facts["epoch"] == 4
    assert weights(last) != weights(best)


def test_without_images_that_validate_the_last_epoch_is_taken(tmp_path, trained):
    split = TrainingSplit(np.arange(4), np.array([], int), "")
    detector = trained("a", split=split)
    assert detector.facts["epoch"] == 2
    assert weights(detector) == weights(load_detector(tmp_path / "a" / LAST, device="cpu"))
    lines = (tmp_path / "a" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["map"] for line in lines] == [None, None]


def test_only_what_is_to_be_trained_changes(trained, small):
    before = module.build_detector(small, 2).state_dict()
    for change, changed in (((lambda config: config), False), (whole, True)):
        after = trained(str(changed), change(small)).network.state_dict()
        moved = [name for name in after if not torch.equal(after[name], before[name])]
        assert any(name.startswith("backbone.") for name in moved) == changed
        assert any(name.startswith("head.") for name in moved)


def test_features_are_worked_out_once(trained, monkeypatch):
    from labelaudit.detector import extraction

    first = weights(trained("a"))

    def never(*_args, **_options):
        raise AssertionError

    monkeypatch.setattr(extraction, "both_views", lambda *_: never)
    assert weights(trained("b")) == first


def test_a_training_of_other_choices_is_not_gone_on_with(tmp_path, trained, small):
    trained("a")
    other = dataclasses.replace(small, epochs=3)
    with pytest.raises(
        ConfigError, match=r"a: holds an unfinished training of other choices \(epochs\);"
    ):
        trained("a", other)
    assert trained("a", other, recipe=Recipe(anew=True)).facts["epochs"] == 3


@pytest.mark.parametrize("damage", ["checkpoint.pt", "run.json", "metrics.jsonl"])
def test_a_damaged_file_is_worked_out_again(tmp_path, trained, damage):
    first = weights(trained("a"))
    path = tmp_path / "a" / damage
    path.write_bytes(path.read_bytes()[:-9])
    assert weights(trained("a")) == first
    assert len((tmp_path / "a" / "metrics.jsonl").read_text().splitlines()) == 2


def test_images_that_cannot_be_read_are_left_out_and_told(tmp_path, trained, squares):
    dataset = squares(6)
    (tmp_path / "squares" / "001.png").write_bytes(b"no image")
    told = []
    detector = trained("a", dataset=dataset, recipe=Recipe(told=told.append))
    assert "1 image left out that cannot be read, such as " in told[0]
    assert "001.png: cannot identify image file" in told[0]
    assert detector.facts["notes"][0] == told[0]


def test_without_an_image_that_can_be_read_the_first_is_named(tmp_path, trained, squares):
    dataset = squares(6)
    for path in (tmp_path / "squares").glob("*.png"):
        path.write_bytes(b"no image")
    with pytest.raises(
        ConfigError, match=r"no image to learn from can be read; the first, .*000\.png"
    ):
        trained("a", dataset=dataset)


def test_without_labels_the_message_says_what_a_label_needs(trained, squares):
    dataset = squares(6)
    crowds = with_columns(dataset, "boxes", crowd=np.ones(12, bool))
    with pytest.raises(ConfigError, match="no labels to learn from in 4 images: a label needs"):
        trained("a", dataset=crowds)


def test_one_class_is_enough_and_an_empty_one_is_told(trained, squares):
    dataset = squares(6)
    told = []
    one = with_columns(dataset, "boxes", label=np.zeros(12, np.int32))
    detector = trained("a", dataset=one, recipe=Recipe(told=told.append))
    assert detector.classes == ("red", "blue")
    assert told[0] == "no label to learn from has the class blue: the detector will not find any"
    assert math.isfinite(detector.facts["validation"]["map"])


def test_a_network_that_diverges_is_told_with_its_batch(trained, small):
    config = dataclasses.replace(small, learning_rate=1e30, epochs=3, norm="none")
    with pytest.raises(LabelauditError) as raised:
        trained("a", config)
    told = str(raised.value)
    assert "in epoch 2, batch 1 (8 labels in images " in told
    assert "has diverged" in told
    assert "lower learning rate than 1e+30" in told


@pytest.mark.parametrize("change", [lambda config: config, whole], ids=["frozen", "whole"])
def test_the_label_that_makes_the_loss_no_number_is_named(trained, small, squares, change):
    dataset = squares(6)
    heavy = np.ones(12)
    heavy[5] = math.inf
    with pytest.raises(LabelauditError) as raised:
        trained("a", change(small), label_weights=heavy, recipe=Recipe(Augmentation(mirror=False)))
    told = str(raised.value)
    corners = " ".join(f"{value:g}" for value in dataset.boxes.xyxy[5])
    assert "in epoch 1, batch 1" in told
    assert (
        f"its cause is blue at {corners} in {dataset.images.name[2]} (labels.json, record 5)"
        in (told)
    )


@pytest.mark.parametrize("change", [lambda config: config, whole], ids=["frozen", "whole"])
def test_a_batch_that_does_not_fit_into_memory_is_learned_in_pieces(
    tmp_path, trained, small, monkeypatch, change
):
    from labelaudit.training import plans

    config = dataclasses.replace(change(small), norm="none", batch=3, learning_rate=2e-2)
    trained("a", config)
    run, asked = plans.forward, []

    def of_a_small_machine(network, inputs, device):
        asked.append(len(inputs[0] if isinstance(inputs, list) else inputs))
        # The first batch fits, and its step must not be taken twice.
        if len(asked) > 1 and asked[-1] > 1:
            raise torch.OutOfMemoryError
        return run(network, inputs, device)

    monkeypatch.setattr(plans, "forward", of_a_small_machine)
    told = []
    trained("b", config, recipe=Recipe(told=told.append))
    assert [line for line in told if "memory" in line] == [
        f"short of memory: batches of 3 images go through the network in {pieces} pieces from here "
        "on; the gradient is that of the whole batch"
        for pieces in (2, 4)
    ]
    losses = [
        [
            json.loads(line)["loss"]
            for line in (tmp_path / run / "metrics.jsonl").read_text().splitlines()
        ]
        for run in "ab"
    ]
    np.testing.assert_allclose(*losses, rtol=1e-3)
    np.testing.assert_allclose(losses[0][0], losses[1][0], rtol=1e-5)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError(),
        MemoryError(),
        RuntimeError("can't allocate memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    ],
)
def test_where_not_even_one_image_fits_the_message_says_what_to_do(trained, monkeypatch, error):
    from labelaudit.training import plans

    def full(*_):
        raise error

    monkeypatch.setattr(plans, "forward", full)
    with pytest.raises(LabelauditError, match="not enough memory to train on one image of 64 x 96"):
        trained("a")


@pytest.mark.parametrize(
    "message", ["shapes differ", "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `gemm`"]
)
def test_another_error_is_not_taken_for_lack_of_memory(trained, monkeypatch, message):
    from labelaudit.training import plans

    def broken(*_):
        raise RuntimeError(message)

    monkeypatch.setattr(plans, "forward", broken)
    with pytest.raises(RuntimeError, match=message):
        trained("a")


def test_images_of_no_part_of_the_split_are_not_opened(tmp_path, trained, squares):
    dataset = squares(8)
    paths = dataset.images.path.tolist()
    gone = with_columns(dataset, "images", path=texts([*paths[:6], "/gone/6.png", "/gone/7.png"]))
    told = []
    first = weights(trained("a"))
    assert weights(trained("b", dataset=gone, recipe=Recipe(told=told.append))) == first
    assert not any("left out" in line for line in told)
