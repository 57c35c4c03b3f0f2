"""Classes that are confused with each other, and which of them might be one."""
