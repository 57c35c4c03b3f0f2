"""The HTTP API for what reviewers do by hand: changed labels, notes, questions, numbers."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from starlette.testclient import TestClient

import labelaudit

from .test_api import BOXES, client_of, decided, first, fresh

__all__ = ["fresh"]  # a fixture


def change(client: TestClient, box: int, **fix: Any) -> Any:  # Any: an answer of httpx
    body = {"uuid": str(uuid.uuid4()), "box": box, "fix": fix}
    return client.post("/api/changes", json=body)


def test_a_label_that_no_finding_is_about_is_changed_removed_and_taken_back(fresh):
    client = client_of(fresh)
    item = change(client, 4, kind="change", label=1, xyxy=[20, 60, 45, 85]).json()["item"]
    assert (item["code"], item["state"], item["box"]) == ("REV002", "edited", 4)
    assert item["edit"]["label"] == 1
    removed = change(client, 4, kind="drop").json()["item"]
    assert (removed["id"], removed["edit"]["removes"]) == (item["id"], True)
    outcome = client.get("/api/outcome").json()
    assert (outcome["fixes"], outcome["records"]) == (1, 1)
    for _ in range(2):
        client.post("/api/undo", json={"uuid": str(uuid.uuid4()), "items": [item["id"]]})
    assert client.get("/api/outcome").json()["records"] == 0
    assert client.get(f"/api/items/{item['id']}").json()["obsolete"]


@pytest.mark.parametrize(
    ("box", "fix", "code", "words"),
    [
        (len(BOXES), {"kind": "drop"}, 404, "no such label"),
        (4, {"kind": "change", "label": 0}, 409, "changes nothing"),
        (4, {"kind": "change", "label": 9}, 404, "no such class"),
        (4, {"kind": "add", "label": 1, "xyxy": [1, 1, 9, 9]}, 409, "a missing one is drawn"),
        (4, {"kind": "change", "label": 0, "xyxy": [9, 9, 1, 1]}, 409, "no inside"),
    ],
)
def test_a_change_that_cannot_be_done_is_refused_and_says_why(fresh, box, fix, code, words):
    answer = change(client_of(fresh), box, **fix)
    assert answer.status_code == code
    assert words in answer.json()["detail"]


def test_numbers_before_and_after_writing_are_the_same(fresh):
    client = client_of(fresh)
    change(client, 4, kind="change", label=1, xyxy=[20, 60, 50, 90])  # two fixes of one record
    decided(client, first(client)["id"], "accept")
    outcome = client.get("/api/outcome").json()
    assert (outcome["fixes"], outcome["records"]) == (3, 2)
    written = client.post("/api/cleaned", json={"uuid": str(uuid.uuid4())}).json()
    assert written["records"] == outcome["records"]
    assert len(labelaudit.load(written["path"]).boxes) == len(BOXES) - 1


def test_notes_and_questions_come_back_with_their_finding_and_are_counted(fresh):
    client = client_of(fresh)
    item = first(client)["id"]
    answer = decided(client, item, "skip", note="which?", expert=True).json()
    assert (answer["items"][0]["note"], answer["items"][0]["expert"]) == ("which?", True)
    assert (answer["progress"]["asked"], answer["progress"]["noted"]) == (1, 1)
    for wrong in ({"note": " "}, {"note": "x" * 2001}, {"expert": 1}):
        assert decided(client, item, "skip", **wrong).status_code == 422
    assert decided(client, item, "accept", expert=True).status_code == 409
    assert decided(client, item, "skip", note="bell\a").status_code == 409


def test_findings_are_asked_for_by_a_field_and_one_that_is_not_there_is_refused(fresh):
    client = client_of(fresh)
    found = client.get("/api/items", params={"field": "class", "value": "car"}).json()["items"]
    assert len(found) >= 2
    assert client.get("/api/items", params={"field": "class", "value": "bus"}).json()["items"] == []
    assert client.get("/api/count", params={"field": "class", "value": "car"}).json() == {
        "count": len(found)
    }
    assert client.get("/api/count", params={"state": "accepted"}).json() == {"count": 0}
    answer = client.get("/api/items", params={"field": "weather"})
    assert answer.status_code == 409
    assert "no field is called 'weather'" in answer.json()["detail"]
