from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("scan", "{}", "--detector", "--folds", "1"), "--folds of the detector is 1; it must be"),
        (("scan", "{}", "--detector", "--epochs", "0"), "--epochs of the detector is 0"),
        (("scan", "{}", "--detector", "--image-size", "9", "9"), "--image-size of the detector is"),
        (("train", "{}", "-o", "m.pt", "--batch", "0"), "--batch of the detector is 0"),
        (("train", "{}", "-o", "m.pt", "--learning-rate", "0"), "--learning-rate of the detector"),
        (("train", "{}", "-o", "m.pt", "--anchor-scales", "0"), "--anchor-scales of the detector"),
    ],
)
def test_a_setting_is_called_as_it_was_typed(run, coco, words, message):
    path = coco(("a.jpg", "car", 10, 10, 90, 60))
    ran = run(*(word.format(path) for word in words))
    assert ran.code == 2
    assert message in ran.err
