"""One file a kind of storage."""
