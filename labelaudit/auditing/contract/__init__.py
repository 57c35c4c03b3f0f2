"""A dataset contract: what a dataset is to be, read, evaluated and drafted from one as it is."""
