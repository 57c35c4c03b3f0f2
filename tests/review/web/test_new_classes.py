"""Classes that the dataset does not have: named on the page, declared in the cleaned labels."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

import labelaudit
from labelaudit.auditing.run import Options
from labelaudit.errors import FixError
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.store import Queue
from labelaudit.review.web.new_classes import EditError, check_writable, checked_name
from labelaudit.review.web.service import ReviewService
from tests.io.formats.yolo_files import LINE, labelled, put, write

from .test_api import client_of, first, fresh
from .test_browser import cleaned_of, told, until

__all__ = ["fresh"]  # a fixture


def post(client: Any, path: str, **body: Any) -> Any:  # Any: an answer of httpx
    return client.post(path, json={"uuid": str(uuid.uuid4()), **body})


def edited(client: Any, **fix: Any) -> Any:
    decision = {"item": first(client)["id"], "verdict": "edit", "fix": {"kind": "change", **fix}}
    return post(client, "/api/decisions", decisions=[decision])


def test_a_named_class_is_a_row_and_is_declared_by_what_uses_it(fresh):
    client = client_of(fresh)
    assert client.get("/api/session").json()["own_classes"] == 2
    named = client.post("/api/classes", json={"name": " tram "}).json()
    assert named == {"label": 2, "name": "tram"}
    assert client.post("/api/classes", json={"name": "bus"}).json() == {"label": 1, "name": "bus"}
    session = client.get("/api/session").json()
    assert (session["classes"], session["own_classes"]) == (["car", "bus", "tram"], 2)
    assert client.get("/api/outcome").json()["records"] == 0  # nothing uses it yet
    (item,) = edited(client, label=2).json()["items"]
    assert (item["edit"]["label"], item["edit"]["class_name"]) == (2, "tram")
    drawn = post(client, "/api/boxes", image=0, new_class="van", xyxy=[1, 1, 9, 9]).json()["item"]
    assert (drawn["fix"]["label"], drawn["fix"]["class_name"]) == (3, "van")
    outcome = client.get("/api/outcome").json()
    assert (outcome["fixes"], outcome["records"]) == (2, 4)  # two boxes, two classes
    written = json.loads(Path(post(client, "/api/cleaned").json()["path"]).read_text())
    assert [one["name"] for one in written["categories"]] == ["car", "bus", "tram", "van"]
    assert client.get("/api/classes/2/examples").json() == {"examples": []}


def test_a_class_is_told_as_long_as_a_decision_names_it(fresh):
    client = client_of(fresh)
    (item,) = edited(client, new_class="tram").json()["items"]
    anew = ReviewService(fresh.dataset, fresh.queue, reviewer="ann", target=fresh.target)
    assert client_of(anew).get("/api/session").json()["classes"][2:] == ["tram"]
    post(client, "/api/undo", items=[item["id"]])
    assert client.get("/api/outcome").json()["records"] == 0
    anew = ReviewService(fresh.dataset, fresh.queue, reviewer="ann", target=fresh.target)
    assert client_of(anew).get("/api/session").json()["classes"] == ["car", "bus"]


def test_what_another_server_named_is_learned_and_rows_stay_as_they_were(fresh):
    other = ReviewService(fresh.dataset, fresh.queue, reviewer="bob", target=fresh.target)
    here, there = client_of(fresh), client_of(other)
    assert there.post("/api/classes", json={"name": "van"}).json()["label"] == 2
    (item,) = edited(here, new_class="tram").json()["items"]
    assert item["edit"]["label"] == 2
    seen = there.get(f"/api/items/{item['id']}").json()
    assert (seen["edit"]["label"], seen["edit"]["class_name"]) == (3, "tram")


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("BUS ", 409, "there is 'bus', which differs in capitals or spaces alone"),
        ("  ", 409, "1 to 200 printable characters"),
        ("a\nb", 409, "1 to 200 printable characters"),
        ("x" * 201, 422, ""),
        ("", 422, ""),
    ],
)
def test_what_can_be_no_class_is_refused_and_says_why(fresh, name, code, words):
    client = client_of(fresh)
    answer = client.post("/api/classes", json={"name": name})
    assert answer.status_code == code
    assert words in answer.json()["detail"]
    assert edited(client, new_class=name).status_code == code


def test_a_row_and_a_name_at_once_are_refused(fresh):
    answer = edited(client_of(fresh), label=1, new_class="tram")
    assert answer.status_code == 409
    assert "a box has one class" in answer.json()["detail"]
    answer = post(client_of(fresh), "/api/boxes", image=0, xyxy=[1, 1, 9, 9])
    assert "a box has a class" in answer.json()["detail"]


def test_a_name_is_checked_from_both_sides():
    assert checked_name(["car"], "x" * 200) == "x" * 200
    assert checked_name([" car "], " car ") == " car "  # as the labels have it
    with pytest.raises(EditError):
        checked_name(["night bus"], "Night  bus")


def test_formats_that_cannot_hold_a_name_say_so(tmp_path):
    named = labelled(tmp_path / "named", LINE, yaml="train: images/train\nnames: [cat]\n")
    check_writable(named, "a: b")
    lone = put(tmp_path / "lone", {"train/a": LINE}, yaml=None)
    write(lone / "classes.txt", "cat\ndog\n")
    check_writable(labelaudit.load(lone), "tram")
    bare = labelaudit.load(put(tmp_path / "bare", {"train/a": LINE}, yaml=None))
    with pytest.raises(FixError, match="numbers without names"):
        check_writable(bare, "tram")
    write(
        tmp_path / "createml.json",
        '[{"image": "a.jpg", "annotations": [{"label": "car", "coordinates": '
        '{"x": 10, "y": 10, "width": 8, "height": 8}}]}]',
    )
    dataset = labelaudit.load(tmp_path / "createml.json")
    with Queue.open(tmp_path / "q.sqlite") as queue:
        enqueue(queue, labelaudit.audit(dataset, select=["GEO"]), dataset, Options())
        work = ReviewService(dataset, queue, reviewer="ann", target=tmp_path / "out")
        answer = client_of(work).post("/api/classes", json={"name": "tram"})
    assert (answer.status_code, "can only be read" in answer.json()["detail"]) == (409, True)


def test_each_split_has_the_class_of_its_own_file(tmp_path):
    for name, number in (("train", 1), ("val", 5)):
        box = {"image_id": 1, "category_id": number, "bbox": [1, 1, 9, 9], "area": 81}
        content = {
            "images": [{"id": 1, "file_name": f"{name}.jpg", "width": 64, "height": 48}],
            "annotations": [{"id": one, **box} for one in (1, 2)],
            "categories": [{"id": number, "name": "car"}, {"id": number + 1, "name": "bus"}],
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    dataset = labelaudit.load([tmp_path / "train.json", tmp_path / "val.json"])
    with Queue.open(tmp_path / "q.sqlite") as queue:
        enqueue(queue, labelaudit.audit(dataset, select=["DUP001"]), dataset, Options())
        work = ReviewService(dataset, queue, reviewer="ann", target=tmp_path / "out")
        client = client_of(work)
        found = client.get("/api/items?order=value&count=9").json()["items"]
        by_image = {one["image_name"]: one["id"] for one in found}
        fixes = {"train.jpg": {"label": 3}, "val.jpg": {"label": 1}}  # "bus" of the other file
        decisions = [
            {"item": by_image[name], "verdict": "edit", "fix": {"kind": "change", **fix}}
            for name, fix in fixes.items()
        ]
        for image in (0, 1):
            for left, fix in ((20, {"new_class": "tram"}), (30, {"label": 1})):
                body = {"image": image, "xyxy": [left, 20, 40, 40], **fix}
                assert post(client, "/api/boxes", **body).status_code == 200
        assert post(client, "/api/decisions", decisions=decisions).status_code == 200
        post(client, "/api/cleaned")
    for name in ("train", "val"):
        content = json.loads((tmp_path / "out" / f"{name}.json").read_text())
        names = {one["id"]: one["name"] for one in content["categories"]}
        labelled_as = [names[one["category_id"]] for one in content["annotations"]]
        assert labelled_as == ["car", "bus", "tram", "bus"]


def test_a_new_class_is_given_by_typing_its_name_and_written(serve, visit, bccd):
    page = visit(serve(bccd))
    page.wait_for_selector("#canvas[data-painted]")
    page.keyboard.press("c")
    page.keyboard.type("Blast cell")
    option = page.locator("#class-list [aria-selected=true]")
    assert option.inner_text() == "New class Blast cell"
    with page.expect_response("**/api/decisions") as answered:
        page.keyboard.press("Enter")
    (item,) = answered.value.json()["items"]
    assert item["edit"]["class_name"] == "Blast cell"
    page.keyboard.press("p")
    until(page, lambda: "to Blast cell" in page.locator("#panel .fix").inner_text())
    page.keyboard.press("d")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("c")
    page.keyboard.type("blast")
    assert page.locator("#class-list [aria-selected=true]").inner_text() == "Blast cell"
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    told(page, "Box added")
    page.click("#finish-open")
    page.click("#write")
    page.wait_for_selector("#written")
    written = labelaudit.load(cleaned_of(bccd))
    assert "Blast cell" in written.class_names
    named = written.boxes.label == written.class_names.index("Blast cell")
    assert named.sum() == 2


def test_why_a_class_cannot_be_stands_beside_the_field(serve, visit, tmp_path):
    two = "0 0.5 0.5 0.1 0.1\n" * 2
    folder = put(tmp_path / "bare", {"train/a": two}, yaml=None)
    page = visit(serve(folder))
    page.wait_for_selector("#canvas[data-painted]")
    page.keyboard.press("c")
    page.keyboard.insert_text("z" * 201)
    assert "at most 200 characters" in page.locator("#editor-fault").inner_text()
    page.keyboard.press("Control+a")
    page.keyboard.type("tram")
    assert page.locator("#editor-fault").is_hidden()
    page.keyboard.press("Enter")
    until(page, lambda: "numbers without names" in page.locator("#editor-fault").inner_text())
    assert page.locator("#class-input").get_attribute("aria-invalid") == "true"
    assert page.locator("#class-input").input_value() == "tram"
