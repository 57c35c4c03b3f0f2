from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from labelaudit.core.ids import Ids
from labelaudit.errors import FormatError
from labelaudit.predictions.arrays import predictions_of
from labelaudit.testing import images, with_columns

DATASET = images({"a.jpg": ["car 10 10 40 40"], "b.jpg": ["bus 5 5 60 60"]})
BOX = np.array([[5.0, 5, 60, 60]], np.float32)


class Tensor:
    """What arrays of another library look like."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Any:
        return np.asarray(self.values)


def torchvision(label: int) -> dict[str, Any]:
    return {"boxes": Tensor(BOX), "labels": Tensor([label]), "scores": Tensor([0.75])}


def supervision(label: int, **data: Any) -> SimpleNamespace:
    return SimpleNamespace(
        xyxy=BOX, class_id=np.array([label]), confidence=np.array([0.75]), data=data
    )


def ultralytics(label: int) -> SimpleNamespace:
    boxes = SimpleNamespace(xyxy=Tensor(BOX), cls=Tensor([float(label)]), conf=Tensor([0.75]))
    return SimpleNamespace(boxes=boxes, names={0: "bus", 1: "tram"})


@pytest.mark.parametrize(
    "result",
    [torchvision(2), supervision(2), supervision(9, class_name=np.array(["bus"])), ultralytics(0)],
)
def test_every_kind_of_result_is_understood(result: Any):
    found = predictions_of(DATASET, [result], ["b.jpg"]).predictions
    assert found.image.tolist() == [1]
    assert found.label.tolist() == [1]
    assert found.xyxy.tolist() == [[5, 5, 60, 60]]
    assert found.score.tolist() == [0.75]


def test_the_caller_may_say_what_classes_are_called():
    for names in ({7: "bus"}, ["", "", "", "", "", "", "", "bus"]):
        found = predictions_of(DATASET, [torchvision(7)], ["a.jpg"], classes=names).predictions
        assert found.label.tolist() == [1]


def test_numbers_are_places_where_labels_have_no_class_ids():
    dataset = with_columns(DATASET, "categories", id=Ids.missing(2))
    assert predictions_of(dataset, [torchvision(1)], ["a"]).predictions.label.tolist() == [1]


def test_nothing_detected_is_nothing_predicted():
    nothing = SimpleNamespace(xyxy=np.empty((0, 4)), class_id=None, confidence=None, data={})
    assert len(predictions_of(DATASET, [nothing], ["a.jpg"]).predictions) == 0
    assert len(predictions_of(DATASET, [], []).predictions) == 0


def test_what_is_no_result_and_results_without_images_are_refused():
    with pytest.raises(FormatError, match=r"results\[0\]: expected a dictionary of boxes"):
        predictions_of(DATASET, [7], ["a.jpg"])
    with pytest.raises(FormatError, match="1 results for 2 images"):
        predictions_of(DATASET, [torchvision(1)], ["a.jpg", "b.jpg"])
    with pytest.raises(FormatError, match="1 boxes, 2 classes and 1 scores"):
        predictions_of(DATASET, [torchvision(1) | {"labels": [1, 2]}], ["a.jpg"])


def test_supervision_itself_is_understood():
    supervision = pytest.importorskip("supervision")
    detections = supervision.Detections(
        xyxy=BOX, class_id=np.array([2]), confidence=np.array([0.75])
    )
    found = predictions_of(DATASET, [detections], ["b.jpg"]).predictions
    assert found.label.tolist() == [1]
