"""Objects that nobody labelled: candidates, and how probable it is that each is one."""
