from __future__ import annotations

from labelaudit.auditing.causes.explained import Affected, Explained
from labelaudit.testing import images


def test_the_codes_of_a_cause_are_its_own_and_those_of_what_it_explains_beside():
    inner = Explained(("IMG011",), also=(Explained(("CLS",)),))
    assert Explained(("DUP003", "GEO"), also=(inner,)).all_codes == (
        "DUP003",
        "GEO",
        "IMG011",
        "CLS",
    )


def test_the_boxes_in_some_images_are_affected_and_no_image_itself():
    dataset = images({"a.jpg": ["car 1 1 9 9"], "b.jpg": ["car 1 1 9 9", "bus 2 2 9 9"]})
    affected = Affected.boxes_in(dataset, [1])
    assert (affected.box.tolist(), affected.image.tolist()) == ([1, 2], [])
