"""A detector is written for a target as planned, run once, and what cannot be done is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image
from torch import nn

from labelaudit.deployment.deployed import described
from labelaudit.deployment.description import Inside
from labelaudit.deployment.export import (
    CALIBRATION,
    ExportPlan,
    export_detector,
    largest_differences,
    norms,
)
from labelaudit.deployment.target import TARGETS, ExportTarget
from labelaudit.deployment.torch_runtime import torch_runtime
from labelaudit.errors import ConfigError
from tests.deployment.networks import INPUT, detector_of

MEAN, STD = (
    255 * np.array(values).reshape(1, 3, 1, 1)
    for values in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
)
"""Of red, green and blue on ImageNet: what SqueezeNet's weights were trained with."""

ONNX, LITERT = TARGETS["onnx"], TARGETS["litert"]


class Shelf:
    """A target that keeps what it is given; it runs it by torch, `off` by so much."""

    def __init__(self, detector, off=0.0):
        self.detector, self.off = detector, off
        self.network, self.options, self.threads = None, None, None

    def export(self, network, path, options):
        self.network, self.options = network, options
        path.write_bytes(b"12345")
        path.with_suffix(".more").write_bytes(b"678")

    def open(self, _path, threads):
        self.threads = threads
        runtime = torch_runtime(self.detector, self.network.description)

        def forward(images):
            return {name: value + self.off for name, value in runtime.forward(images).items()}

        return dataclasses.replace(runtime, forward=forward)

    @property
    def target(self):
        return ExportTarget(
            "shelf",
            "Shelf",
            ".shelf",
            "torch",
            ("torch",),
            ("torch",),
            self.export,
            self.open,
            beside=(".more",),
            nms=True,
            int8=True,
        )


@pytest.fixture(scope="module")
def squeezenet():
    return detector_of()


@pytest.fixture
def pictures(tmp_path):
    """So many images, each of one grey that is its number."""

    def drawn(count):
        paths = [tmp_path / f"{number:03}.png" for number in range(count)]
        for number, path in enumerate(paths):
            Image.new("RGB", INPUT[::-1], (number,) * 3).save(path)
        return tuple(paths)

    return drawn


@pytest.mark.parametrize(
    ("target", "choices", "message"),
    [
        (LITERT, {"batch": 1, "int8": ("a",)}, "cannot write LiteRT in 8 bits; ONNX it can"),
        (LITERT, {}, "LiteRT takes one image at a time; leave --batch out"),
        (LITERT, {"batch": 2}, "LiteRT takes one image at a time; leave --batch out"),
        (ONNX, {"batch": 0}, "--batch is 0; it must be 1 or more, or any"),
        (ONNX, {"float_layers": ("a",)}, "layers that stay in float32 are for 8 bits; give images"),
    ],
)
def test_what_a_target_cannot_do_is_refused_before_it_begins(target, choices, message):
    with pytest.raises(ConfigError, match=message):
        ExportPlan(target, **choices)


@pytest.mark.parametrize(
    ("target", "choices"),
    [
        (LITERT, {"batch": 1}),
        (ONNX, {"batch": 1}),
        (ONNX, {"batch": 2}),
        (ONNX, {"int8": ("a",), "float_layers": ("a",)}),
        (ONNX, {"inside": Inside(nms=True)}),
    ],
)
def test_what_it_can_do_is_planned(target, choices):
    plan = ExportPlan(target, **choices)
    assert {name: getattr(plan, name) for name in choices} == choices


def test_a_file_is_written_as_planned_and_weighed_with_what_lies_beside(squeezenet, tmp_path):
    shelf, inside = Shelf(squeezenet), Inside(scaling=False, decoding=False)
    plan = ExportPlan(shelf.target, inside, batch=1)
    made = export_detector(squeezenet, tmp_path / "a.shelf", plan)
    assert made.description == shelf.network.description
    assert made.description == described(squeezenet, "shelf", inside, batch=1)
    assert made.bytes == 5 + 3
    assert (made.difference, made.notes) == ({"logits": 0, "offsets": 0}, ())
    assert (shelf.options.calibration, shelf.options.float_layers) == (None, ())
    assert shelf.threads == 1


def test_a_file_that_says_something_else_than_torch_is_told_apart(squeezenet, tmp_path):
    shelf = Shelf(squeezenet, off=0.25)
    made = export_detector(squeezenet, tmp_path / "a.shelf", ExportPlan(shelf.target))
    assert made.difference == pytest.approx({"scores": 0.25, "boxes": 0.25}, abs=1e-4)


def test_after_nms_only_scores_are_compared(squeezenet, tmp_path):
    shelf = Shelf(squeezenet, off=0.5)
    plan = ExportPlan(shelf.target, Inside(nms=True))
    made = export_detector(squeezenet, tmp_path / "a.shelf", plan)
    assert made.difference == pytest.approx({"detection_scores": 0.5})


def test_files_are_compared_on_an_image_as_each_wants_it(squeezenet):
    asked = []
    for scaling in (True, False):
        runtime = torch_runtime(squeezenet, described(squeezenet, "a", Inside(scaling=scaling)))

        def forward(images, runtime=runtime):
            asked.append(images)
            return runtime.forward(images)

        largest_differences(dataclasses.replace(runtime, forward=forward), runtime)
    plain, scaled = asked
    assert plain.shape == (1, 3, *INPUT)
    assert (plain.min() >= 0, plain.max() > 250) == (True, True)
    np.testing.assert_allclose(scaled, (plain - MEAN) / STD, atol=1e-5)


def test_a_name_that_ends_otherwise_is_refused(squeezenet, tmp_path):
    with pytest.raises(ConfigError, match=r"a\.onnx: Shelf files end in \.shelf; name it so"):
        export_detector(squeezenet, tmp_path / "a.onnx", ExportPlan(Shelf(squeezenet).target))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("which", ["to_export", "to_open"])
def test_what_is_not_installed_is_named_before_anything_is_written(squeezenet, tmp_path, which):
    target = dataclasses.replace(Shelf(squeezenet).target, **{which: ("torch", "no_such_module")})
    with pytest.raises(ConfigError, match=r"export to Shelf .*no_such_module"):
        export_detector(squeezenet, tmp_path / "a.shelf", ExportPlan(target))
    assert not list(tmp_path.iterdir())


def test_eight_bits_are_calibrated_on_images_from_all_over(squeezenet, tmp_path, pictures):
    shelf, paths = Shelf(squeezenet), pictures(250)
    plan = ExportPlan(shelf.target, int8=paths, float_layers=("head",))
    made = export_detector(squeezenet, tmp_path / "a.shelf", plan)
    seen = shelf.options.calibration
    assert made.description.int8
    assert seen.dtype == np.float32
    assert seen.shape == (CALIBRATION, 3, *INPUT)
    greys = seen[:, 0, 0, 0]
    assert (greys[0], greys[-1]) == (0, 249)
    assert (np.diff(greys) <= 3).all()
    assert shelf.options.float_layers == ("head",)


def test_images_to_calibrate_on_are_scaled_as_the_file_wants_them(squeezenet, tmp_path, pictures):
    shelf = Shelf(squeezenet)
    plan = ExportPlan(shelf.target, Inside(scaling=False), int8=pictures(3))
    export_detector(squeezenet, tmp_path / "a.shelf", plan)
    greys = np.arange(3)[:, None, None, None]
    expected = np.broadcast_to((greys - MEAN) / STD, (3, 3, *INPUT))
    np.testing.assert_allclose(shelf.options.calibration, expected, atol=1e-5)


def test_images_that_cannot_be_read_calibrate_nothing(squeezenet, tmp_path, pictures):
    shelf, paths = Shelf(squeezenet), pictures(3)
    plan = ExportPlan(shelf.target, int8=paths)
    paths[0].write_bytes(b"no image")
    export_detector(squeezenet, tmp_path / "a.shelf", plan)
    assert shelf.options.calibration[:, 0, 0, 0].tolist() == [1, 2]
    for path in paths:
        path.write_bytes(b"no image")
    with pytest.raises(ConfigError, match=r"000\.png: none of 3 images to calibrate 8 bits on can"):
        export_detector(squeezenet, tmp_path / "b.shelf", plan)
    assert not (tmp_path / "b.shelf").exists()


def test_what_became_of_norms_is_told(tmp_path):
    of_batches = detector_of(norm="batch")
    before = norms(of_batches.network)
    assert before > 0
    for fold, notes in (
        (True, f"folded {before} of {before} BatchNorms into convolutions"),
        (0, ""),
    ):
        shelf = Shelf(of_batches)
        plan = ExportPlan(shelf.target, fold=bool(fold))
        made = export_detector(of_batches, tmp_path / "a.shelf", plan)
        assert made.notes == ((notes,) if notes else ())
        assert norms(shelf.network.network) == (0 if fold else before)
        assert made.description.folded == bool(fold)
    without = detector_of(norm="none")
    assert norms(without.network) == 0
    made = export_detector(
        without, tmp_path / "b.shelf", ExportPlan(Shelf(without).target, fold=True)
    )
    assert made.notes == ("--fold-norm: the network has no BatchNorm",)


def test_norms_that_cannot_be_folded_are_told_and_stay(tmp_path, monkeypatch):
    of_batches = detector_of(norm="batch")
    monkeypatch.setattr("labelaudit.deployment.deployed.folded", lambda network: network)
    shelf = Shelf(of_batches)
    made = export_detector(of_batches, tmp_path / "a.shelf", ExportPlan(shelf.target, fold=True))
    (note,) = made.notes
    count = norms(of_batches.network)
    assert note.startswith(f"--fold-norm: {count} BatchNorms could not be folded: the outputs")


def test_norms_are_those_of_batches_alone():
    layers = nn.Sequential(nn.BatchNorm2d(8), nn.GroupNorm(2, 8), nn.Sequential(nn.BatchNorm1d(8)))
    assert norms(layers) == 2
    assert norms(nn.ReLU()) == 0
