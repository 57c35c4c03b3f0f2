"""The review in a terminal."""
