"""What a dataset is to be, in the configuration: draft it from one as it is."""
