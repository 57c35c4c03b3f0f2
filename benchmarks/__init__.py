"""Programs that measure labelaudit and its peers; each writes what it found into `results/`."""
