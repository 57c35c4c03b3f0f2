"""Requests made up from the API's own schema, good ones and bad ones: none of them breaks it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from starlette.testclient import TestClient

from labelaudit.review.web.security import LARGEST_BODY

from .test_api import client_of, opened

HOST = "http://127.0.0.1:8000"
HEADERS = {"authorization": "Bearer secret", "x-reviewer": "ann"}
SELDOM = ["/api/cleaned"]  # each of these writes a dataset; `test_api` asks for it
MODES = {"good": GenerationMode.POSITIVE, "bad": GenerationMode.NEGATIVE}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server with a small dataset."""
    with opened(tmp_path_factory.mktemp("data")) as work:
        yield client_of(work)


@pytest.fixture(scope="module")
def operations(served: TestClient) -> list[Any]:  # Any: schemathesis' own
    """Everything that its schema describes."""
    schema = schemathesis.openapi.from_dict(served.get("/api/openapi.json").json())
    schema.config.update(base_url=HOST)
    schema.app = served.app  # asked in this process, not over a socket
    return [one.ok() for one in schema.exclude(path=SELDOM).get_all_operations()]


@pytest.mark.parametrize("mode", MODES)
def test_no_request_of_the_schema_is_answered_by_an_error_of_the_server(operations, mode):
    reached = set()
    for operation in operations:

        @settings(
            max_examples=12,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=MODES[mode]))
        def answered(case: Any) -> None:
            answer = case.call(headers=HEADERS)
            reached.add((case.path, answer.status_code))
            assert answer.status_code < 500
            assert len(answer.content) < LARGEST_BODY

        with contextlib.suppress(Unsatisfiable):  # where nothing is sent, nothing can be wrong
            answered()
    assert ("/api/items", 200 if mode == "good" else 422) in reached
    assert mode == "bad" or len({path for path, _ in reached}) == len(operations)
