"""A bucket that fails while it is read and written: nothing is lost, or a line says what."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from labelaudit.storage import connect, failures
from labelaudit.storage.stores import web as web_store
from tests.storage.conftest import Bucket
from tests.storage.servers import Fault, WebServer
from tests.storage.test_buckets import bccd, findings
from tests.storage.test_web import coco

Tell = Callable[..., tuple[int, str, str]]

__all__ = ["bccd"]


def test_nothing_is_lost_to_a_bucket_that_fails_now_and_then(
    bccd: Path, bucket: Bucket, tell: Tell
):
    bucket.put(bccd, "bccd/")
    report = ("--output-format", "json")
    local = tell("scan", bccd, *report)[1]
    for kind, pattern in {"503": r"GET .*\.xml", "cut": r"GET .*\.jpg", "500": ".*list.*"}.items():
        bucket.faults.waiting.append(Fault(pattern, kind, failures.TRIES - 1))
    code, out, err = tell("scan", f"{bucket.url}/bccd", *report)
    assert code == 1, err
    assert findings(out) == findings(local)
    assert all(fault.seen == fault.times for fault in bucket.faults.waiting)


def test_a_copy_arrives_at_a_bucket_that_fails_now_and_then(bccd: Path, bucket: Bucket, tell: Tell):
    for kind, pattern in {"503": "PUT .*", "500": "HEAD .*"}.items():
        bucket.faults.waiting.append(Fault(pattern, kind, failures.TRIES - 1))
    code, _, err = tell("scan", bccd, "--unsafe-fixes", "-o", f"{bucket.url}/clean")
    assert code in (0, 1), err
    objects = {key[6:]: len(content) for key, content in bucket.objects().items()}
    listed = json.loads(bucket.objects()["clean/.labelaudit-objects.json"])["objects"]
    assert {one["name"]: one["size"] for one in listed} == {
        name: size for name, size in objects.items() if not name.startswith(".labelaudit")
    }


@pytest.mark.parametrize(
    "told",
    [
        (r"GET .*BloodImage_.*\.xml", "403", r"\.xml: access is refused"),
        (r"GET .*list-type.*", "403", "/bccd: access is refused"),
        (r"GET .*BloodImage_.*\.xml", "503", r"\.xml: HTTP 503, 6 times; try again later"),
        (r"GET .*BloodImage_.*\.jpg", "404", r"\.jpg: no such object or folder"),
    ],
)
def test_what_is_not_given_is_named_in_one_line(
    told: tuple[str, str, str], bccd: Path, bucket: Bucket, tell: Tell
):
    pattern, kind, said = told
    bucket.put(bccd, "bccd/")
    bucket.faults.waiting.append(Fault(pattern, kind, 9999))
    code, out, err = tell("scan", f"{bucket.url}/bccd", "--pixels", "never")
    assert code == 2
    assert not out
    assert re.search(f"labelaudit: error: {bucket.url}.*{said}", err)
    assert err.count("\n") == 1


def test_an_object_that_is_replaced_between_its_listing_and_its_reading_is_refused(
    bccd: Path, bucket: Bucket, tell: Tell
):
    bucket.put(bccd, "bccd/")
    labels = sorted((bccd / "Annotations").iterdir())[0]

    def replace(request: str) -> None:
        if request.startswith("GET") and "list-type" not in request:
            bucket.faults.before = lambda request: None
            body = labels.read_bytes().replace(b"RBC", b"WBC")  # of the same length
            bucket.client.put_object(
                Bucket=bucket.name, Key=f"bccd/Annotations/{labels.name}", Body=body
            )

    bucket.faults.before = lambda request: replace(request) if labels.name in request else None
    code, _, err = tell("scan", f"{bucket.url}/bccd")
    assert code == 2
    assert f"{labels.name}: changed while it was read; scan it again" in err


def test_a_server_that_is_slow_for_once_is_asked_again(
    web: WebServer, tell: Tell, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connect, "_open", {})
    monkeypatch.setattr(web_store, "READ_S", 0.5)
    web.files["/labels.json"] = coco()
    web.faults.waiting.append(Fault(".*", "slow"))
    code, _, err = tell("scan", f"{web.url}/labels.json")
    assert code == 1, err
    web.faults.waiting.append(Fault(".*", "slow", 99))
    code, _, err = tell("scan", f"{web.url}/labels.json")
    assert code == 2
    assert f"{web.url}/labels.json: no answer in time, 6 times; try again later" in err
