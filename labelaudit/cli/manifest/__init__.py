"""What a scan looked at, byte for byte: tell whether a dataset is still what was audited."""
