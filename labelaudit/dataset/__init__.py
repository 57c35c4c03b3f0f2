"""The tables of a dataset, and what is worked out of them alone."""
