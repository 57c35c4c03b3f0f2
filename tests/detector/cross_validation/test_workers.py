from __future__ import annotations

import pytest

from labelaudit.detector.cross_validation.workers import KEPT_MEMORY, _environment

KEPT = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")


@pytest.mark.parametrize("own", [None, "4096"])
def test_processes_keep_memory_unless_the_user_says_how_much(
    monkeypatch: pytest.MonkeyPatch, own: str | None
) -> None:
    for name in KEPT:
        monkeypatch.delenv(name, raising=False)
        if own:
            monkeypatch.setenv(name, own)
    assert {_environment()[name] for name in KEPT} == {own or str(KEPT_MEMORY)}


def test_processes_have_one_thread_whatever_the_user_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert _environment()["OMP_NUM_THREADS"] == "1"
