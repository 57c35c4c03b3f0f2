"""Findings of a queue go to a labelling tool, and what people did there comes back as decisions."""
