"""Answers of a device in a file of arrays."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.deployment.description import Inside
from labelaudit.deployment.imitation import Imitation, imitated_outputs
from labelaudit.deployment.parity.diagnosis import diagnosis
from labelaudit.deployment.parity.recording import recorded
from labelaudit.deployment.parity.report import compared
from labelaudit.deployment.traps import TrapEvidence
from labelaudit.deployment.traps.box_order import variants as orders
from labelaudit.errors import ConfigError
from tests.deployment.small_detector import description, images, small_detector


def answers(inside: Inside, layers: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    detector = small_detector()
    of_file = description(detector, inside)
    return imitated_outputs(Imitation(detector), of_file, images(), layers)


@pytest.mark.parametrize("inside", [Inside(), Inside(decoding=False), Inside(nms=True)])
def test_faithful_answers_pass_whatever_kind_of_outputs_they_are(tmp_path, inside):
    path = tmp_path / "phone.npz"
    np.savez(path, images=images(), **answers(inside))
    deployed = recorded(path, small_detector())
    assert deployed.description.inside.outputs == inside.outputs
    assert compared(small_detector(), deployed).passes


def test_layers_by_their_names_are_compared_too(tmp_path):
    path = tmp_path / "phone.npz"
    layers = ("head.fpn.lateral.0.0", "head.class_branch.0.0@1")
    np.savez(path, images=images(), other=np.zeros(2), **answers(Inside(), layers))
    report = compared(small_detector(), recorded(path, small_detector()))
    assert [one.name for one in report.layers] == list(layers)
    assert report.passes


def test_a_trap_that_an_application_is_in_is_named(tmp_path):
    detector = small_detector()
    evidence = TrapEvidence(Imitation(detector), description(detector), {}, {})
    turned = next(iter(orders(evidence))).edit(Imitation(detector))
    path = tmp_path / "phone.npz"
    np.savez(path, images=images(), **imitated_outputs(turned, description(detector), images()))
    found = diagnosis(detector, recorded(path, detector))
    assert [cause.trap for cause in found.causes] == ["output-order"]


def detections_of_shape(*shape: int) -> dict[str, np.ndarray]:
    scores = np.zeros(shape)
    return {
        "images": np.zeros((1, 3, 64, 96)),
        "detection_boxes": np.zeros((*shape, 4)),
        "detection_scores": scores,
        "detection_labels": scores,
    }


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({}, "no images, where `images` (n, 3, 64, 96) is needed"),
        ({"images": np.zeros((1, 3, 64, 64))}, "images of shape (1, 3, 64, 64)"),
        ({"images": np.zeros((1, 3, 64, 96)), "x": np.zeros(1)}, "arrays x; expected logits"),
        (
            {
                "images": np.zeros((1, 3, 64, 96)),
                "scores": np.zeros((2, 1, 3)),
                "boxes": np.zeros((2, 1, 4)),
            },
            "scores is of 2 images, where 1 went in",
        ),
        (
            {
                "images": np.zeros((0, 3, 64, 96)),
                "scores": np.zeros((0, 1, 3)),
                "boxes": np.zeros((0, 1, 4)),
            },
            "images of shape (0, 3, 64, 96)",
        ),
        ({"images": np.array("x")}, "images is no array of numbers"),
        (detections_of_shape(1), "detection_scores of shape (1,), where (n, d) is needed"),
        (detections_of_shape(1, 0), "detection_scores of shape (1, 0), where (n, d) is needed"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_what_is_needed(tmp_path, arrays, told):
    path = tmp_path / "phone.npz"
    np.savez(path, **arrays)
    with pytest.raises(ConfigError) as raised:
        recorded(path, small_detector())
    assert told in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_file_that_is_none_is_refused(tmp_path):
    path = tmp_path / "phone.npz"
    with pytest.raises(ConfigError, match=r"phone\.npz"):
        recorded(path, small_detector())
    path.write_bytes(b"not arrays")
    with pytest.raises(ConfigError, match=r"phone\.npz: not a file of arrays"):
        recorded(path, small_detector())


def test_outputs_of_another_shape_are_refused(tmp_path):
    path = tmp_path / "phone.npz"
    given = {name: values[:, :5] for name, values in answers(Inside()).items()}
    np.savez(path, images=images(), **given)
    with pytest.raises(ConfigError, match="scores of the device is of shape"):
        compared(small_detector(), recorded(path, small_detector()))


def test_one_array_without_a_name_is_refused(tmp_path):
    path = tmp_path / "phone.npz"
    with path.open("wb") as file:
        np.save(file, images())
    with pytest.raises(ConfigError, match=r"it is one array without a name.*savez writes one"):
        recorded(path, small_detector())


def test_a_file_that_is_damaged_inside_is_refused(tmp_path):
    path = tmp_path / "phone.npz"
    np.savez_compressed(path, images=np.random.default_rng(0).random((1, 3, 64, 96)))
    damaged = bytearray(path.read_bytes())
    damaged[200:2000:50] = bytes(255 - one for one in damaged[200:2000:50])
    path.write_bytes(damaged)
    with pytest.raises(ConfigError, match="not a file of arrays by name, or damaged"):
        recorded(path, small_detector())


@pytest.mark.parametrize(("tolerance", "kept"), [(None, 1e-4), (0.0, 0.0), (0.5, 0.5)])
def test_a_tolerance_of_nothing_is_one(tmp_path, tolerance, kept):
    path = tmp_path / "phone.npz"
    np.savez(path, images=images(), **answers(Inside()))
    assert recorded(path, small_detector(), tolerance=tolerance).tolerance == kept


def test_layers_of_another_shape_are_said_not_to_be_compared(tmp_path):
    path = tmp_path / "phone.npz"
    layer = "head.fpn.lateral.0.0"
    given = answers(Inside(), (layer,))
    np.savez(path, images=images(), **(given | {layer: given[layer][..., :3]}))
    report = compared(small_detector(), recorded(path, small_detector()))
    assert report.layers == ()
    assert report.notes == (
        "1 layer of another shape than the network's, or that it does not have, not compared: "
        f"{layer}",
    )
