"""Programs run on the nodes of a cluster as they do here, and again where a node is lost."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from labelaudit.core.child_processes import EndedProcess, News, Processes, run_together
from labelaudit.core.ray_executor import RayExecutor
from labelaudit.errors import ConfigError, LabelauditError
from tests.ray_cluster import SMALL, ray_cluster

pytest.importorskip("ray", reason="needs the extra ray")

WAIT_S = 90


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with ray_cluster(nodes=2) as made:
        yield made


@pytest.fixture(scope="module")
def executor(cluster: Any) -> RayExecutor:
    return RayExecutor(cluster.address)


def program(text: str) -> list[str]:
    return [sys.executable, "-c", f"import json, os, sys, time\n{text}"]


def does(command: list[str], ended: list[EndedProcess | None], processes: Processes) -> None:
    ended.append(processes.run(command))


def until(there: Path) -> str:
    """What a file says, once it is there."""
    for _ in range(WAIT_S * 10):
        if there.is_file() and (text := there.read_text()):
            return text
        time.sleep(0.1)
    raise TimeoutError(there)


def waited_for(folder: Path, count: int) -> int:
    """How many files are in a folder, once there are as many as wanted."""
    for _ in range(WAIT_S * 10):
        if (there := len(list(folder.iterdir()))) >= count:
            break
        time.sleep(0.1)
    return there


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_programs_say_is_passed_on_and_a_good_end_is_no_error(executor: RayExecutor):
    says = "print(json.dumps({'part': int(sys.argv[1])}), flush=True)"
    heard: list[News] = []
    ended: list[EndedProcess | None] = []
    jobs = [partial(does, [*program(says), str(part)], ended) for part in range(3)]
    run_together(jobs, heard.append, executor.processes())
    assert ended == [None] * 3
    assert sorted(news["part"] for news in heard) == [0, 1, 2]


def test_of_an_error_the_code_the_last_news_and_the_last_lines_are_known(executor: RayExecutor):
    fails = "print(json.dumps({'part': 1}), flush=True); print('no memory', file=sys.stderr)\n"
    ended = executor.processes().run(program(fails + "sys.exit(3)"))
    assert ended == EndedProcess(3, {"part": 1}, ["no memory"])


def test_a_killed_program_names_its_signal(executor: RayExecutor):
    ended = executor.processes().run(program(f"os.kill(os.getpid(), {int(signal.SIGKILL)})"))
    assert ended is not None
    assert ended.how() == f"was killed by signal {int(signal.SIGKILL)}"


def test_cpu_time_of_all_programs_is_counted(executor: RayExecutor):
    before = executor.cpu_seconds
    executor.processes().run(
        program("end = time.process_time() + 1\nwhile time.process_time() < end: pass")
    )
    assert executor.cpu_seconds - before >= 1
    executor.cpu_seconds = 3600
    assert executor.cost().endswith(", 3 nodes: 1 CPU hours")
    executor.cpu_seconds = before


def test_there_is_a_task_for_each_and_as_many_at_a_time_as_there_are_cores(executor: RayExecutor):
    assert executor.shares([3, 4, 5]) == [[3], [4], [5]]
    assert executor.workers == 2


def test_a_program_is_started_again_where_its_node_is_lost(
    cluster: Any, executor: RayExecutor, tmp_path: Path
):
    lost = cluster.add_node(**SMALL)
    cluster.wait_for_nodes()
    waits = (
        "open(os.path.join(sys.argv[1], str(os.getpid())), 'w').close()\n"
        "while not os.path.exists(sys.argv[2]): time.sleep(0.1)\n"
    )
    started, may_end = tmp_path / "started", tmp_path / "may end"
    started.mkdir()
    command = [*program(waits), str(started), str(may_end)]
    ended: list[EndedProcess | None] = []
    jobs = [partial(does, command, ended)] * 3
    running = threading.Thread(
        target=run_together, args=(jobs, lambda _news: None, executor.processes())
    )
    running.start()
    counts = [waited_for(started, 3)]  # a program on each node
    spare = cluster.add_node(**SMALL)
    cluster.remove_node(lost, allow_graceful=False)
    counts.append(waited_for(started, 4))
    may_end.touch()
    running.join()
    cluster.remove_node(spare)
    assert (counts, ended) == ([3, 4], [None] * 3)


def test_programs_end_when_they_are_stopped(executor: RayExecutor, tmp_path: Path):
    said = tmp_path / "process"
    command = program(f"open({str(said)!r}, 'w').write(str(os.getpid()))\nsys.stdin.read()")
    processes = executor.processes()
    ended: list[EndedProcess | None] = []
    running = threading.Thread(target=does, args=(command, ended, processes))
    running.start()
    process = int(until(said))
    processes.stop()
    running.join(WAIT_S)
    assert ended == [None]
    assert processes.run(command) is None
    for _ in range(WAIT_S * 10):
        if not is_alive(process):
            return
        time.sleep(0.1)
    pytest.fail("the process is still there")


def test_a_folder_that_nodes_do_not_see_is_named_with_the_remedy(
    executor: RayExecutor, tmp_path: Path
):
    executor.check_reaches(tmp_path)
    gone = tmp_path / "gone"
    with pytest.raises(LabelauditError, match=r"node [\d.]+ .* does not see .*gone: .*--cache"):
        executor.check_reaches(gone)


def test_another_version_on_a_node_is_refused(executor: RayExecutor, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("labelaudit.core.version.__version__", "99")
    with pytest.raises(LabelauditError, match=r"has labelaudit .*, and this is 99: install"):
        executor.check_reaches(tmp_path)


def test_an_error_of_the_cluster_is_a_line(executor: RayExecutor):
    def fails() -> None:
        raise ValueError("no room\nin column 3")

    with pytest.raises(LabelauditError, match=r"a task: no room \(what was done is kept: run"):
        executor.answer(executor._ray.remote(fails).remote())


def test_gpus_are_asked_for_where_there_are_any(cluster: Any, executor: RayExecutor):
    assert executor._gpus == 0
    node = cluster.add_node(**SMALL, num_gpus=2)
    cluster.wait_for_nodes()
    with_gpus = RayExecutor(cluster.address)
    assert (with_gpus._gpus, with_gpus.workers) == (1, 2)
    assert RayExecutor(cluster.address, gpus=0.5).workers == 4
    without = RayExecutor(cluster.address, gpus=0)
    assert (without._gpus, without.workers) == (0, 3)
    cluster.remove_node(node)


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setattr("labelaudit.core.extras.find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match=r"pip install 'labelaudit\[ray\]'"):
        RayExecutor()
