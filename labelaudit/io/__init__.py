"""From files to a dataset and back: loading, saving, undoing, and the formats."""
