"""A sample judged on the page and through the API: verdicts, and the estimate that grows."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import labelaudit
from labelaudit.cli import main
from labelaudit.label_errors.evaluation.sample import box_sample, image_sample
from labelaudit.review.queue.places import QueuePlace
from labelaudit.review.queue.samples import put_sample
from labelaudit.review.queue.store import Queue
from labelaudit.review.web.service import ReviewService
from tests.review.coco_files import coco_of

from .test_access import complaints
from .test_api import client_of
from .test_browser import pressed, saved, until


@pytest.fixture
def work(tmp_path: Path, queue_place: Callable[[str], QueuePlace]) -> Iterator[ReviewService]:
    """A server with a sample of 30 labels and one of five images."""
    path = coco_of(tmp_path, [f"{n}.jpg" for n in range(10)], ["car", "bus"], pairs=2)
    dataset = labelaudit.load(path)
    with Queue.open(queue_place("queue")) as queue:
        put_sample(queue, box_sample(dataset, None, 30, seed=0))
        put_sample(queue, image_sample(dataset, None, 5, seed=0))
        yield ReviewService(dataset, queue, reviewer="ann", target=tmp_path / "cleaned.json")


def tasks(client: TestClient, **query: Any) -> list[Any]:
    found = client.get("/api/tasks", params={"unit": "boxes", **query}).json()["tasks"]
    assert isinstance(found, list)
    return found


def judged(client: TestClient, task: int, verdict: object, **more: str) -> Any:
    body = {"uuid": str(uuid.uuid4()), "task": task, "verdict": verdict, **more}
    return client.post("/api/verdicts", json=body)


def test_a_task_says_what_is_to_be_judged(work):
    client = client_of(work)
    [task] = tasks(client, count=1)
    assert task["image_name"] == work.dataset.images.name[task["image"]]
    assert task["xyxy"] == work.dataset.boxes.xyxy[task["box"]].tolist()
    assert task["class_name"] == work.dataset.class_names[task["label"]]
    assert (task["verdict"], task["place"]) == (None, 0)
    [image] = client.get("/api/tasks", params={"unit": "images", "count": 1}).json()["tasks"]
    assert (image["box"], image["xyxy"], image["label"]) == (None, None, None)
    assert image["image_name"] == work.dataset.images.name[image["image"]]


def test_the_estimate_grows_with_the_verdicts(work):
    client = client_of(work)
    for number, task in enumerate(tasks(client, count=20)):
        answer = judged(client, task["id"], "spurious" if number % 4 == 0 else "ok").json()
        assert answer["task"]["reviewer"] == "ann"
        assert answer["sample"]["judged"] == number + 1
        estimate = answer["sample"]["estimate"]
        if number == 0:
            assert estimate is None
        else:
            assert (estimate["all"]["errors"] is None) == (number + 1 < 10)
    assert estimate["all"]["errors"] == pytest.approx(40 * 5 / 20)
    assert estimate["all"]["low"] < 10 < estimate["all"]["high"]
    assert [kind["wrong"] for kind in estimate["kinds"]] == [0, 0, 5]
    [boxes, images] = client.get("/api/samples").json()["samples"]
    assert (boxes["judged"], boxes["tasks"], images["judged"], images["tasks"]) == (20, 30, 0, 5)


def test_a_verdict_that_is_sent_again_counts_once_and_null_takes_it_back(work):
    client, same = client_of(work), str(uuid.uuid4())
    task = tasks(client, count=1)[0]["id"]
    for _ in range(2):
        answer = judged(client, task, "ok", uuid=same).json()
        assert (answer["sample"]["judged"], answer["task"]["verdict"]) == (1, "ok")
    answer = judged(client, task, None).json()
    assert (answer["sample"]["judged"], answer["task"]["verdict"]) == (0, None)


@pytest.mark.parametrize(
    ("unit", "verdict", "code"),
    [("boxes", "fine", 422), ("boxes", 3, 409), ("boxes", True, 422), ("images", "ok", 409),
     ("images", -1, 422), ("images", 10_001, 422), ("images", 1.5, 422)],
)  # fmt: skip
def test_what_is_no_verdict_is_refused(work, unit, verdict, code):
    client = client_of(work)
    task = tasks(client, unit=unit, count=1)[0]["id"]
    assert judged(client, task, verdict).status_code == code
    assert all(one["judged"] == 0 for one in client.get("/api/samples").json()["samples"])


def test_tasks_and_samples_that_are_not_there_are_not_found(work, tmp_path):
    client = client_of(work)
    assert judged(client, 999, "ok").status_code == 404
    assert client.get("/api/tasks", params={"unit": "files"}).status_code == 422
    with Queue.open(tmp_path / "empty.sqlite") as queue:
        bare = ReviewService(work.dataset, queue, reviewer="ann", target=tmp_path / "x.json")
        assert client_of(bare).get("/api/tasks", params={"unit": "boxes"}).status_code == 404
        assert client_of(bare).get("/api/session").json()["samples"] == []


def test_two_reviewers_judge_different_ones_until_one_leaves(work):
    ann, bob = client_of(work), client_of(work, "bob")
    hers = [task["id"] for task in tasks(ann, count=4)]
    assert not set(hers) & {task["id"] for task in tasks(bob, count=4)}
    ann.post("/api/leave")
    assert [task["id"] for task in tasks(bob, count=4)] == hers


def test_of_labels_that_have_changed_there_is_nothing_to_show(work, tmp_path):
    other = labelaudit.load(coco_of(tmp_path, ["0.jpg"], ["van"], pairs=1))
    changed = ReviewService(other, work.queue, reviewer="ann", target=tmp_path / "x.json")
    task = tasks(client_of(changed), count=1)[0]
    assert (task["image"], task["box"], task["xyxy"]) == (None, None, None)
    assert task["class_name"] in {"car", "bus"}


def verdict(page: Any, key: str) -> Any:
    """What the server answered to a verdict that a key gives."""
    answer = pressed(page, key)
    assert "sample" in answer
    return answer


def shown(page: Any) -> str:
    return str(page.locator("#estimate").inner_text())


def test_a_sample_is_judged_by_one_key_each_and_read_by_a_scan_and_by_estimate(
    serve, visit, bccd, tmp_path, capsys
):
    page = visit(serve(bccd, "--sample", "12"), where="")
    assert page.locator("[data-mode=sample-boxes]").get_attribute("aria-checked") == "true"
    assert page.locator("#panel h1").inner_text() == "Is this label right?"
    assert "10 verdicts make an estimate" in shown(page)
    said = [verdict(page, key)["task"]["verdict"] for key in "1234"]
    assert said == ["ok", "wrong_class", "loose_box", "spurious"]
    undone = pressed(page, "u")
    assert (undone["task"]["verdict"], undone["sample"]["judged"]) == (None, 3)
    assert "4 of 12" in page.locator("#panel .head").inner_text()
    for number in range(9):
        assert verdict(page, "1")["sample"]["judged"] == 4 + number
    until(page, lambda: page.locator("#done").is_visible())
    assert page.locator("#done-title").inner_text() == "The sample is judged"
    assert "of 495 labels are wrong: 17\u00a0%" in page.locator("#done-text").inner_text()
    saved(page)
    queue = tmp_path / "bccd.review.sqlite"
    assert main(["estimate", str(queue), "--output-format", "json"]) == 0
    estimate = json.loads(capsys.readouterr().out)
    assert (estimate["all"]["judged"], estimate["all"]["wrong"]) == (12, 2)
    main(["scan", str(bccd), "--verdicts", str(queue), "--output-format", "json", "--quiet"])
    boxes = json.loads(capsys.readouterr().out)["summary"]["overview"]["boxes"]
    assert boxes["basis"] == "sample"
    assert boxes["errors"] == pytest.approx(estimate["all"]["errors"], abs=0.001)
    assert boxes["high"] == pytest.approx(estimate["all"]["high"], abs=0.001)


def test_missing_objects_of_a_sampled_image_are_counted_by_a_key_or_typed(serve, visit, bccd):
    page = visit(serve(bccd, "--sample-images", "5"), where="")
    assert page.locator("#panel h1").inner_text() == "How many objects have no label?"
    assert [verdict(page, key)["task"]["verdict"] for key in "017"] == [0, 1, 7]
    page.keyboard.press("m")
    page.locator("#how-many-input").press_sequentially("23")
    assert verdict(page, "Enter")["task"]["verdict"] == 23
    assert page.locator("#how-many").is_hidden()


def test_what_was_passed_over_is_told_at_the_end_and_comes_again(serve, visit, bccd):
    page = visit(serve(bccd, "--sample", "3"), where="")
    verdict(page, "1")
    page.keyboard.press("n")
    verdict(page, "1")
    until(page, lambda: page.locator("#done-left").is_visible())
    assert page.locator("#done-title").inner_text() == "1 of the sample left"
    page.click("#done-left")
    until(page, lambda: page.locator("#desk").is_visible())
    until(page, lambda: "2 of 3" in page.locator("#panel .head").inner_text())
    assert verdict(page, "2")["sample"]["judged"] == 3


def test_findings_and_the_sample_are_one_click_apart_and_neither_takes_the_others_keys(
    serve, visit, bccd
):
    served = serve(bccd, "--sample", "5")
    page = visit(served, where="")
    verdict(page, "1")
    pace = page.locator("#pace")
    page.click("[data-mode=value]")
    until(page, lambda: pace.inner_text().startswith("0 of 10"))
    assert page.locator("#actions").is_visible()
    assert page.locator("#verdicts").is_hidden()
    assert pressed(page, "a")["items"][0]["state"] == "accepted"
    page.click("[data-mode=sample-boxes]")
    until(page, lambda: pace.inner_text().startswith("1 of 5 judged"))
    assert page.locator("#verdicts").is_visible()
    page.keyboard.press("a")
    verdict(page, "1")
    assert served.api.get("/api/progress").json()["decided"] == 1


def test_without_a_sample_the_page_has_no_place_for_one(serve, visit, bccd):
    page = visit(serve(bccd))
    assert page.locator("[data-mode=sample-boxes]").is_hidden()
    assert page.locator("[data-mode=sample-images]").is_hidden()


def test_a_page_that_is_opened_again_goes_on_with_the_sample(serve, visit, bccd):
    served = serve(bccd, "--sample", "6")
    page = visit(served, where="")
    verdict(page, "1")
    verdict(page, "2")
    again = visit(served, where="")
    assert "3 of 6" in again.locator("#panel .head").inner_text()
    assert again.locator("#pace").inner_text().startswith("2 of 6 judged")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("words", [("--sample", "12"), ("--sample-images", "12")], ids=" ".join)
def test_a_sample_has_no_fault_by_the_rules_of_axe(serve, visit, bccd, scheme, words):
    page = visit(serve(bccd, *words), color_scheme=scheme, where="")
    page.wait_for_selector("#canvas[data-painted]")
    for _ in range(11):
        verdict(page, "1")
    if "--sample-images" in words:
        page.keyboard.press("m")
    assert complaints(page) == []
    page.keyboard.press("Escape")
