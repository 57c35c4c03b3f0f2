"""Scans of datasets in many files, shard by shard, in processes of their own."""
