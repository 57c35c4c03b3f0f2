"""The HTTP API: what it answers, and that nothing sent to it is answered by an error of its own."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from starlette.testclient import TestClient

import labelaudit
from labelaudit.auditing.run import Options
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.places import place_of
from labelaudit.review.queue.store import Queue
from labelaudit.review.web.api import application
from labelaudit.review.web.security import LARGEST_BODY, AccessPolicy
from labelaudit.review.web.service import ReviewService

BOXES = [[10, 10, 30, 30], [10, 10, 30, 30], [60, 10, 30, 30], [60, 11, 30, 30], [20, 60, 25, 25]]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReviewService]:
    with opened(tmp_path_factory.mktemp("data")) as queue:
        yield queue


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[ReviewService]:
    with opened(tmp_path) as queue:
        yield queue


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[ReviewService]:
    """ReviewService on a small dataset that was scanned."""
    Image.new("RGB", (128, 96), "grey").save(folder / "a.png")
    labels = {
        "images": [{"id": 1, "file_name": "a.png", "width": 128, "height": 96}],
        "annotations": [
            {"id": n, "image_id": 1, "category_id": 1, "bbox": box, "area": 1, "iscrowd": 0}
            for n, box in enumerate(BOXES, 1)
        ],
        "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "bus"}],
    }
    (folder / "labels.json").write_text(json.dumps(labels))
    dataset = labelaudit.load(folder / "labels.json")
    with Queue.open(folder / "labels.review.sqlite") as queue:
        enqueue(queue, labelaudit.audit(dataset, select=["DUP", "GEO"]), dataset, Options())
        yield ReviewService(dataset, queue, reviewer="ann", target=folder / "labels.cleaned.json")


@pytest.fixture(scope="module")
def fuzzed(work: ReviewService) -> TestClient:
    """One client for all that is sent at random: building the application takes its time."""
    return client_of(work)


@pytest.fixture(scope="module")
def real(fuzzed: TestClient) -> str:
    """The name of a finding, asked for once: what is sent at random may decide about it."""
    return str(first(fuzzed)["id"])


def client_of(work: ReviewService, name: str = "ann") -> TestClient:
    headers = {"authorization": "Bearer secret", "x-reviewer": name}
    app = application(work, AccessPolicy("secret", "127.0.0.1", 8000))
    return TestClient(app, base_url="http://127.0.0.1:8000", headers=headers)


def decided(client: TestClient, item: str, verdict: str, **more: Any) -> Any:
    """The answer to one decision."""
    decision = {"item": item, "verdict": verdict, **more}
    return client.post("/api/decisions", json={"uuid": str(uuid.uuid4()), "decisions": [decision]})


def first(client: TestClient) -> Any:
    return client.get("/api/items", params={"rule": "DUP001"}).json()["items"][0]


def test_the_page_begins_with_the_dataset_its_classes_and_its_rules(work):
    session = client_of(work).get("/api/session").json()
    assert session["dataset"] == {"name": "labels.json", "format": "coco", "images": 1, "boxes": 5}
    assert session["classes"] == ["car", "bus"]
    assert session["rules"]["DUP001"]["summary"]
    assert session["reviewer"] == "ann"


def test_the_page_sets_a_cookie_that_scripts_and_other_sites_do_not_get(work):
    answer = client_of(work).get("/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert answer.text.startswith("<!doctype html>")


def test_everything_that_the_page_needs_is_served_by_us(work):
    client = client_of(work)
    for path in ("page.css", "parts.css", "icon.svg", "js/main.js", "js/api.js"):
        answer = client.get(f"/static/{path}")
        assert answer.status_code == 200
        assert "https://" not in answer.text
        assert "http://" not in answer.text.replace("http://www.w3.org/2000/svg", "")


def test_a_decision_is_answered_with_the_finding_and_the_progress(fresh):
    client = client_of(fresh)
    item = first(client)
    before = client.get("/api/progress").json()["decided"]
    answer = decided(client, item["id"], "accept", seen=item["decision"]).json()
    assert answer["items"][0]["state"] == "accepted"
    assert answer["progress"]["decided"] == before + 1
    assert client.get(f"/api/items/{item['id']}").json() == answer["items"][0]


def test_a_decision_that_is_sent_again_counts_once(fresh):
    client = client_of(fresh)
    decision = {"item": first(client)["id"], "verdict": "reject"}
    body = {"uuid": str(uuid.uuid4()), "decisions": [decision]}
    answers = [client.post("/api/decisions", json=body).json()["items"] for _ in range(2)]
    assert answers[0] == answers[1]


def test_what_somebody_else_decided_meanwhile_is_a_conflict_and_stays(fresh):
    ann, bo = client_of(fresh, "ann"), client_of(fresh, "bo")
    item = first(ann)
    decided(bo, item["id"], "reject")
    answer = decided(ann, item["id"], "accept", seen=item["decision"]).json()
    assert answer["items"] == []
    assert answer["conflicts"][0]["reviewer"] == "bo"
    seen = answer["conflicts"][0]["decision"]
    assert decided(ann, item["id"], "accept", seen=seen).json()["items"][0]["reviewer"] == "ann"
    split = client_of(fresh).get("/api/outcome").json()["disagreements"]
    assert split[0]["verdicts"] == [["bo", "reject"], ["ann", "accept"]]


def test_who_leaves_gives_back_what_nobody_else_was_handed_until_then(fresh):
    ann, bo = client_of(fresh, "ann"), client_of(fresh, "bo")
    held = ann.get("/api/items").json()["items"]
    assert bo.get("/api/items").json()["items"] == []
    assert ann.post("/api/leave").status_code == 204
    assert bo.get("/api/items").json()["items"] == held


def test_an_undone_decision_is_open_again(fresh):
    client = client_of(fresh)
    item = first(client)
    decided(client, item["id"], "accept")
    body = {"uuid": str(uuid.uuid4()), "items": [item["id"]]}
    assert client.post("/api/undo", json=body).json()["items"][0]["state"] == "open"


def test_an_edit_moves_and_relabels_and_is_shown_as_its_file_will_have_it(fresh):
    client = client_of(fresh)
    fix = {"kind": "change", "xyxy": [11, 12, 40, 41.5], "label": 1}
    answer = decided(client, first(client)["id"], "edit", fix=fix)
    shown = answer.json()["items"][0]["edit"]
    in_whole_pixels = {**fix, "xyxy": [11, 12, 40, 42]}
    assert {key: shown[key] for key in fix} == in_whole_pixels


@pytest.mark.parametrize(
    ("fix", "reason"),
    [
        ({"kind": "change", "xyxy": [30, 10, 20, 40]}, "no inside"),
        ({"kind": "change", "label": 0}, "changes nothing"),
        ({"kind": "change", "label": 7}, "no such class"),
        ({"kind": "add", "label": 0}, "an added box has"),
    ],
)
def test_an_edit_that_cannot_be_done_is_refused_and_says_why(fresh, fix, reason):
    client = client_of(fresh)
    item = first(client)
    answer = decided(client, item["id"], "edit", fix=fix)
    assert answer.status_code in (404, 409)
    assert reason in answer.json()["detail"]
    assert client.get(f"/api/items/{item['id']}").json()["state"] == "open"


def test_a_drawn_box_is_in_the_cleaned_dataset_and_an_original_is_never_overwritten(fresh):
    client = client_of(fresh)
    body = {"uuid": str(uuid.uuid4()), "image": 0, "label": 1, "xyxy": [5, 5, 25.5, 30]}
    assert client.post("/api/boxes", json=body).json()["item"]["state"] == "accepted"
    decided(client, first(client)["id"], "accept")
    asked = {"uuid": str(uuid.uuid4())}
    once, twice = (client.post("/api/cleaned", json=asked).json() for _ in range(2))
    assert once == twice
    cleaned = labelaudit.load(once["path"])
    assert len(cleaned.boxes) == len(BOXES)
    assert cleaned.boxes.xyxy[-1].tolist() == [5, 5, 26, 30]  # as all others in whole pixels
    again = client.post("/api/cleaned", json={"uuid": str(uuid.uuid4())}).json()
    assert Path(again["path"]).name == "labels.cleaned-2.json"


def test_images_are_cached_for_ever_under_an_address_of_this_start(work):
    client = client_of(work)
    address = client.get("/api/session").json()["images"]
    answer = client.get(f"{address}/0/whole")
    assert answer.headers["content-type"] == "image/jpeg"
    assert "immutable" in answer.headers["cache-control"]
    tag = {"if-none-match": answer.headers["etag"]}
    assert client.get(f"{address}/0/whole", headers=tag).status_code == 304
    assert client.get(f"{address}/0/tiles/1/0/0").status_code == 200
    crop = "left=0&top=0&right=30&bottom=30"
    assert client.get(f"{address}/0/crop?{crop}").status_code == 200
    assert client_of(work).get(f"{address}/0/whole").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/api/items/unknown",
        "/api/images/1",
        "/api/classes/9/examples",
        "/static/../api.py",
        "/static/%2e%2e/api.py",
        "/static//etc/passwd",
        "/api/nothing",
        "/docs",
    ],
)
def test_what_is_not_there_is_not_found(work, path):
    assert client_of(work).get(path).status_code == 404


@pytest.mark.parametrize("query", ["order=size", "count=0", "count=201", "state=x", "what=1"])
def test_a_question_that_makes_no_sense_is_refused(work, query):
    answer = client_of(work).get(f"/api/items?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.json()["detail"]


def test_findings_come_in_each_order_that_the_schema_names(work):
    client = client_of(work)
    orders = client.get("/api/openapi.json").json()["paths"]["/api/items"]["get"]["parameters"]
    [names] = [one["schema"]["enum"] for one in orders if one["name"] == "order"]
    assert names == ["value", "image", "errors", "kind"]
    found = [client.get("/api/items", params={"order": name}).json()["items"] for name in names]
    assert [len(one) for one in found] == [len(found[0])] * 4
    assert len(found[0]) > 1


def test_a_filter_leaves_out_what_does_not_fit(work):
    client = client_of(work)
    for query in ("class=bus", "severity=info&rule=DUP001", "image=b.png", "min_probability=0.1"):
        assert client.get(f"/api/items?{query}").json()["items"] == []
    assert client.get("/api/items?class=car&image=A.P&rule=DUP001").json()["items"]


@pytest.mark.parametrize("name", ["%00", "a%0Ab", "x" * 201, "%E2%80%AE"])
def test_a_reviewer_needs_a_printable_name_of_some_length(work, name):
    assert client_of(work, name).get("/api/items").status_code == 422


def test_the_schema_describes_every_route(work):
    schema = client_of(work).get("/api/openapi.json").json()
    paths = {path for path in schema["paths"] if path.startswith("/api")}
    assert len(paths) == 20
    assert all(
        "422" in route["responses"] and route["description"]
        for path in paths
        for route in schema["paths"][path].values()
    )


WORDS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(codec=None))
)
ANYTHING = st.recursive(
    WORDS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
IDS = st.sampled_from(["unknown", "", "\ud800", "x" * 300])
NAMES = st.text(st.characters(codec=None), max_size=210)
FIXES = st.fixed_dictionaries(
    {"kind": st.sampled_from(["change", "add", "drop", "?"])},
    optional={
        "xyxy": st.lists(st.floats(), min_size=3, max_size=5),
        "label": st.integers(),
        "new_class": NAMES,
    },
)
DECISIONS = st.fixed_dictionaries(
    {"item": IDS | st.just("real"), "verdict": st.sampled_from(["accept", "edit", "undo", 1])},
    optional={"fix": FIXES | WORDS, "seen": st.integers() | st.none()},
)
BODIES = st.one_of(
    st.fixed_dictionaries({"uuid": st.uuids().map(str), "decisions": st.lists(DECISIONS)}),
    st.fixed_dictionaries({"uuid": st.uuids().map(str), "items": st.lists(IDS)}),
    st.fixed_dictionaries(
        {"uuid": st.uuids().map(str), "image": st.integers(), "label": st.integers()},
        optional={"xyxy": st.lists(st.floats(), min_size=4, max_size=4), "new_class": NAMES},
    ),
    st.fixed_dictionaries({"name": NAMES}),
    ANYTHING,
)


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(path=st.sampled_from(["decisions", "undo", "boxes", "classes", "cleaned"]), body=BODIES)
def test_whatever_is_sent_is_refused_and_breaks_nothing(fuzzed, real, path, body):
    if path == "cleaned" and isinstance(body, dict) and set(body) == {"uuid"}:
        return
    text = json.dumps(body).replace('"real"', json.dumps(real))
    headers = {"content-type": "application/json"}
    answer = fuzzed.post(f"/api/{path}", content=text.encode(), headers=headers)
    assert answer.status_code < 500
    assert len(answer.content) < LARGEST_BODY


@settings(
    max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(raw=st.binary(max_size=200), path=st.sampled_from(["decisions", "undo", "boxes"]))
def test_bytes_that_are_no_json_are_refused(fuzzed, raw, path):
    headers = {"content-type": "application/json"}
    answer = fuzzed.post(f"/api/{path}", content=raw, headers=headers)
    assert 400 <= answer.status_code < 500


def test_a_decision_that_no_server_takes_now_is_to_be_sent_again(fresh, postgresql, monkeypatch):
    monkeypatch.setattr("labelaudit.review.queue.postgresql_store.PATIENCE_S", 0.2)
    place, dataset = place_of(postgresql.url("page")), fresh.dataset
    with Queue.open(place) as queue, Queue.open(place) as other:
        enqueue(queue, labelaudit.audit(dataset, select=["DUP", "GEO"]), dataset, Options())
        client = client_of(ReviewService(dataset, queue, reviewer="ann", target=fresh.target))
        item = first(client)["id"]
        with other.writing():
            answer = decided(client, item, "accept")
        assert (answer.status_code, "lock timeout" in answer.json()["detail"]) == (503, True)
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
        postgresql.execute(f"{end}'labelaudit'")
        assert decided(client, item, "accept").status_code == 200


def test_a_decision_that_cannot_be_written_now_is_to_be_sent_again(fresh):
    client = client_of(fresh)
    item = first(client)["id"]
    with contextlib.closing(sqlite3.connect(fresh.queue.place, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with fresh.queue.reading() as database:
            database.execute("PRAGMA busy_timeout = 0")
        answer = decided(client, item, "accept")
    assert (answer.status_code, "locked" in answer.json()["detail"]) == (503, True)
    assert decided(client, item, "accept").status_code == 200
