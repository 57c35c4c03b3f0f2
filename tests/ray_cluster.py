"""A Ray cluster of several nodes on this machine, by Ray's own utilities."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SMALL: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80 << 20}


@contextmanager
def ray_cluster(nodes: int) -> Iterator[Any]:  # Any: Ray has no types
    """A cluster of a head that runs nothing, and of nodes with a core each."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    head = {**SMALL, "num_cpus": 0, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(nodes):
            cluster.add_node(**SMALL)
        cluster.wait_for_nodes()
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()  # type: ignore[no-untyped-call]
