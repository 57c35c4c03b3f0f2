"""Charts of a dataset as SVG inside the page, each with its numbers in a table."""
