"""What everything stands on: columns, tables, ids, registries, threads, the cache."""
