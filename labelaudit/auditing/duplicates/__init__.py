"""Records of one object: which repeat others, which of them stays, and what only looks so."""
