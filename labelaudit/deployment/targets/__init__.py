"""Export targets: one file each, which ends in `TARGETS.add(...)`.

A file imports its framework inside of functions, so that the others work where it is missing.
"""
