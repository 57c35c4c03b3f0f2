"""How well label errors are found, and how many there are."""
