"""Shards that are audited on a Ray cluster give what they give here, also where a node is lost."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan
from labelaudit.core.ray_executor import RayExecutor
from labelaudit.pipeline.shards.job import ShardJob
from labelaudit.pipeline.shards.scan_shards import scan_shards
from tests.pipeline.shards.test_scan_shards import shard, told
from tests.ray_cluster import SMALL, ray_cluster

pytest.importorskip("ray", reason="needs the extra ray")


def test_a_cluster_finds_the_same_also_where_a_node_is_lost(tmp_path: Path):
    paths = [shard(tmp_path, number, boxes=40) for number in range(3)]
    paths.append(shard(tmp_path, 3, boxes=400))
    job = ShardJob(paths, Options(), cut_from=paths[3].stat().st_size, boxes_each=100)
    here = scan_shards(job)
    with ray_cluster(nodes=1) as cluster:
        lost = cluster.add_node(**SMALL)
        cluster.wait_for_nodes()
        executor = RayExecutor(cluster.address)
        found: list[Scan] = []
        begun = threading.Event()

        def heard(stage: str, done: int, _total: int) -> None:
            if stage == "auditing shards, first pass" and done:
                begun.set()

        def run() -> None:
            found.append(scan_shards(job, executor=executor, folder=tmp_path, progress=heard))

        running = threading.Thread(target=run)
        running.start()
        assert begun.wait(120)
        cluster.remove_node(lost, allow_graceful=False)
        running.join()
        assert executor.cpu_seconds > 0
    assert told(found[0]) == told(here)
    assert found[0].findings.code.tolist() == here.findings.code.tolist()
    assert found[0].not_checked == here.not_checked
