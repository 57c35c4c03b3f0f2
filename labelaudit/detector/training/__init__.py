"""Target assignment, losses and the loop that trains."""
