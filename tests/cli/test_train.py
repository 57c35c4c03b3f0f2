"""`labelaudit train` writes a detector, says how good it is, and refuses what cannot be done."""

from __future__ import annotations

import dataclasses
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.cli import main, train
from labelaudit.training.model_file import load_detector

SMALL = {
    "--backbone": ["squeezenet"],
    "--weights": ["random"],
    "--strides": ["8,16"],
    "--channels": ["8"],
    "--head-depth": ["1"],
    "--image-size": ["64", "96"],
    "--epochs": ["2"],
    "--batch": ["4"],
    "--device": ["cpu"],
}


@pytest.fixture
def labels(tmp_path, monkeypatch):
    """Six images with a red and a blue square each, in a label file; the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    annotations, pictures = [], []
    for number in range(6):
        random = np.random.default_rng(number)
        pixels = random.integers(90, 160, (64, 96, 3)).astype(np.uint8)
        for label, colour in ((1, (220, 30, 30)), (2, (30, 30, 220))):
            side, left = 20 + number, 4 + 48 * (label - 1) + number
            pixels[8 : 8 + side, left : left + side] = colour
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number + 1,
                    "category_id": label,
                    "bbox": [left, 8, side, side],
                    "area": side * side,
                    "iscrowd": 0,
                }
            )
        Image.fromarray(pixels).save(tmp_path / "images" / f"{number}.png")
        pictures.append({"id": number + 1, "file_name": f"{number}.png", "width": 96, "height": 64})
    categories = [{"id": 1, "name": "red"}, {"id": 2, "name": "blue"}]
    content = {"images": pictures, "annotations": annotations, "categories": categories}
    (tmp_path / "labels.json").write_text(json.dumps(content))
    return tmp_path


def trained(*words):
    others = [part for name, some in SMALL.items() if name not in words for part in (name, *some)]
    return main(["train", "labels.json", "-o", "model.pt", *others, *map(str, words)])


def weights(path):
    state = load_detector(Path(path), device="cpu").network.state_dict()
    return {name: value.numpy().tobytes() for name, value in state.items()}


def test_a_detector_is_written_and_measured_class_by_class(labels, capsys):
    assert trained() == 0
    out, err = capsys.readouterr()
    assert out.startswith("squeezenet · labels as they are · epoch ")
    rows = [line.split() for line in out.splitlines()]
    assert ["objects", "mAP", "AP50", "AP75", "small", "medium", "large"] in rows
    assert [row[:2] for row in rows if row[:1] in (["all"], ["red"], ["blue"])] == [
        ["all", "4"], ["red", "2"], ["blue", "2"],
    ]  # fmt: skip
    assert "one of 5 folds" in err
    assert "epoch 2/2  loss " in err
    assert "images: 6 of 6 found in " in err  # they may be those of another dataset nearby
    assert err.endswith("Wrote model.pt, model.last.pt and model.metrics.jsonl\n")
    assert sorted(path.name for path in labels.glob("*model*")) == [
        "model.last.pt", "model.metrics.jsonl", "model.pt",
    ]  # fmt: skip
    detector = load_detector(labels / "model.pt", device="cpu")
    assert (detector.classes, detector.class_ids) == (("red", "blue"), (1, 2))
    assert detector.facts["learned"] == "labels as they are"


def test_as_json_the_figures_are_numbers_or_null(labels, capsys):
    assert trained("--output-format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["model"] == "model.pt"
    assert found["metrics"]["large"] is None
    assert 0 <= found["metrics"]["map"] <= 1
    assert [row["name"] for row in found["classes"]] == ["red", "blue"]
    kept = load_detector(labels / "model.pt", device="cpu").facts["validation"]
    assert kept["map"] == found["metrics"]["map"]


def test_the_configuration_says_how_and_the_command_line_otherwise(labels, capsys):
    (labels / "labelaudit.toml").write_text(
        '[train]\nchannels = 16\nmerge = {square = ["red", "blue"]}\nvalidation-share = 0.5\n'
    )
    assert trained("--output-format", "json") == 0
    detector = load_detector(labels / "model.pt", device="cpu")
    assert detector.classes == ("square",)
    assert detector.config.channels == 8
    assert json.loads(capsys.readouterr().out)["images"] == 3


def test_a_split_alone_is_learned(labels, capsys):
    content = json.loads((labels / "labels.json").read_text())
    for name, kept in (("train.json", {1, 2, 3, 4}), ("val.json", {5, 6})):
        part = {
            "images": [one for one in content["images"] if one["id"] in kept],
            "annotations": [one for one in content["annotations"] if one["image_id"] in kept],
            "categories": content["categories"],
        }
        (labels / name).write_text(json.dumps(part))
    options = [part for name, some in SMALL.items() for part in (name, *some)]
    words = ["train", "train.json", "val.json", "-o", "model.pt", *options]
    assert main([*words, "--split", "train", "--output-format", "json"]) == 0
    printed = capsys.readouterr()
    assert "one of 4 folds" in printed.err  # of its own, as the split for validation is left out
    assert json.loads(printed.out)["images"] == 1


def test_a_class_may_be_left_out(labels):
    (labels / "labelaudit.toml").write_text('[train]\ndrop-classes = ["red"]\n')
    assert trained() == 0
    assert load_detector(labels / "model.pt", device="cpu").classes == ("blue",)


def test_a_misspelt_key_of_the_table_is_an_error_with_a_suggestion(labels, capsys):
    (labels / "labelaudit.toml").write_text("[train]\nepoch = 3\n")
    assert trained() == 2
    assert "labelaudit.toml: train: there is no setting 'epoch'; did you mean 'epochs'" in (
        capsys.readouterr().err
    )
    assert main(["stats", "labels.json"]) == 0


def test_a_run_that_was_stopped_goes_on(labels, capsys, monkeypatch):
    from labelaudit.detector.training import loop

    assert trained() == 0
    never_stopped = weights("model.pt")
    keep = loop._save_checkpoint

    def stopped(checkpoint, parts, epochs):
        keep(checkpoint, parts, epochs)
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "_save_checkpoint", stopped)
    assert trained("--overwrite") == 130
    monkeypatch.setattr(loop, "_save_checkpoint", keep)
    capsys.readouterr()
    assert trained("--overwrite") == 0
    assert "model.training: 1 epoch of 2 done before" in capsys.readouterr().err
    assert weights("model.pt") == never_stopped


def test_an_unfinished_training_of_other_choices_is_given_up_if_asked(labels, capsys, monkeypatch):
    from labelaudit.detector.training import loop

    keep = loop._save_checkpoint

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "_save_checkpoint", stopped)
    assert trained() == 130
    monkeypatch.setattr(loop, "_save_checkpoint", keep)
    capsys.readouterr()
    assert trained("--seed", 1) == 2
    err = capsys.readouterr().err
    assert "model.training: holds an unfinished training of other choices" in err
    assert trained("--seed", 1, "--overwrite") == 0


def test_a_detector_that_is_there_is_not_replaced_unless_asked(labels, capsys):
    (labels / "model.pt").write_text("mine")
    assert trained() == 2
    assert "model.pt: exists" in capsys.readouterr().err
    assert (labels / "model.pt").read_text() == "mine"
    assert trained("--overwrite") == 0


def test_one_process_at_a_time_trains_under_a_name(labels, capsys):
    from labelaudit.core.locks import locked

    with locked(labels / ".model.pt.labelaudit-lock", labels / "model.pt"):
        assert trained() == 2
    assert "another labelaudit is writing this" in capsys.readouterr().err


def test_labels_are_learned_with_the_accepted_fixes_of_a_queue(labels, capsys):
    from labelaudit.review.queue.decisions import ItemDecision, decide
    from labelaudit.review.queue.items import Verdict, first
    from labelaudit.review.queue.store import Queue

    content = json.loads((labels / "labels.json").read_text())
    content["annotations"][0]["bbox"][2] = 0
    (labels / "labels.json").write_text(json.dumps(content))
    main(["scan", "labels.json", "--queue", "q.sqlite", "--exit-zero", "-q"])
    with Queue.existing(labels / "q.sqlite") as queue:
        found = [ItemDecision(item.fingerprint, Verdict.ACCEPT) for item in first(queue)]
        decide(queue, "me", found, uuid="1")
    capsys.readouterr()
    assert trained("--queue", "q.sqlite") == 0
    assert "Learning labels with 1 fix of q.sqlite" in capsys.readouterr().err
    learned = load_detector(labels / "model.pt", device="cpu").facts["learned"]
    assert learned == "labels with 1 fix of q.sqlite"


def test_labels_are_weighted_by_findings(labels, capsys):
    content = json.loads((labels / "labels.json").read_text())
    content["annotations"].append(content["annotations"][0] | {"id": 99})
    (labels / "labels.json").write_text(json.dumps(content))
    main(["scan", "labels.json", "--output-format", "jsonl", "--exit-zero", "-q"])
    (labels / "findings.jsonl").write_text(capsys.readouterr().out)
    assert trained("--label-weights", "findings.jsonl") == 0
    assert "Learning 1 label of 13 weighted by findings.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--queue", "a", "--label-weights", "b"], "exclude each other: findings are about"),
        (["--min-probability", "0.5"], "--min-probability needs --queue"),
        (["--queue", "none.sqlite"], "none.sqlite: no such file"),
        (["--label-weights", "none.jsonl"], "none.jsonl: no such file"),
        (["--strides", "8,x"], "--strides: expected numbers such as 8,16,32, found 8,x"),
        (["--image-size", "60", "96"], "both must be multiples of 16"),
        (["--plot", "p.gif"], "p.gif: a plot is a .png or an .svg"),
        (["--backbone", "efficient_lite0"], "efficientnet_lite0"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(labels, capsys, words, message):
    assert trained(*words) == 2
    err = capsys.readouterr().err.splitlines()
    assert err[-1].startswith("labelaudit: error: ")
    assert message in err[-1]
    assert not (labels / "model.pt").exists()


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_gpu_that_is_not_there_is_told_with_what_there_is(labels, capsys, device, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert trained("--device", device) == 2
    told = f"labelaudit: error: --device of the detector is {device}, which torch does not find on"
    assert capsys.readouterr().err.splitlines()[-1].startswith(told)


def test_a_rate_that_is_far_too_high_is_told_with_the_way_on(labels, capsys):
    assert trained("--learning-rate", "1e6") == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("labelaudit: error: the loss is nan in epoch 2, batch 1 (8 labels in ")
    assert "use a lower learning rate than 1e+06" in err
    assert "begins anew (--overwrite)" in err
    assert trained("--learning-rate", "1e-3") == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert "holds an unfinished training of other choices (learning-rate); go on with those" in err
    assert trained("--learning-rate", "1e-3", "--overwrite") == 0


def test_a_box_that_is_nowhere_is_told_and_the_others_are_learned(labels, capsys):
    content = json.loads((labels / "labels.json").read_text())
    for box in content["annotations"][::2]:
        box["bbox"][2] = 1e400
    (labels / "labels.json").write_text(json.dumps(content))
    assert trained("--epochs", "1") == 0
    err = capsys.readouterr().err
    assert "6 boxes left out, background, since corners are no numbers or out of all reach" in err
    assert "labels.json, record 0)" in err


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("model.onnx", "model.onnx: the file of a detector ends in .pt"),
        ("none/model.pt", "none/model.pt: there is no folder"),
        ("folder.pt", "folder.pt: a folder, where a file is to be written"),
    ],
)
def test_a_name_that_cannot_be_written_is_refused_first(labels, capsys, output, message):
    (labels / "folder.pt").mkdir()
    assert main(["train", "gone.json", "-o", output]) == 2
    assert message in capsys.readouterr().err


def test_a_package_that_is_lacking_is_named(labels, capsys, monkeypatch):
    monkeypatch.setattr(train, "PACKAGES", ("torch", "no_such_package"))
    assert trained() == 2
    assert "training needs no_such_package: pip install 'labelaudit[detect]'" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("name", ["curve.png", "curve.svg"])
def test_a_plot_is_drawn(labels, name, capsys):
    pytest.importorskip("matplotlib")
    assert trained("--plot", name) == 0
    assert (labels / name).stat().st_size > 5_000
    assert f"Wrote {name}" in capsys.readouterr().err


def test_tensorboard_is_written_where_it_is_installed(labels, capsys):
    code = trained("--tensorboard", "board")
    if find_spec("tensorboard") is None:
        assert code == 2
        assert "pip install tensorboard" in capsys.readouterr().err
        return
    assert code == 0
    assert len(list((labels / "board").glob("events*"))) == 1


def test_without_images_the_message_says_what_to_do(labels, capsys):
    for path in (labels / "images").glob("*.png"):
        path.unlink()
    assert trained() == 2
    assert "no images to train on: its images were not found; name a folder: --images" in (
        capsys.readouterr().err
    )


def test_on_a_full_disk_one_line_says_so_and_the_run_goes_on_later(labels, capsys, monkeypatch):
    import errno

    from labelaudit.core import cache

    replace = cache.os.replace

    def full(before, after):
        if str(after).endswith("checkpoint.pt"):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(before, after)

    monkeypatch.setattr(cache.os, "replace", full)
    assert trained() == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert "model.training" in err
    assert "No space left on device" in err
    assert "make room, and give the same command again" in err
    assert "LABELAUDIT_CACHE" not in err
    monkeypatch.setattr(cache.os, "replace", replace)
    assert trained() == 0
    assert dataclasses.is_dataclass(load_detector(labels / "model.pt", device="cpu"))
