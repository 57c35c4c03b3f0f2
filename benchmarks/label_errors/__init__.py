"""How well wrong labels are found, on planted and on real errors, beside other methods."""
