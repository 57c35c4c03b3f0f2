"""Crops of boxes, and what classifiers of crops say of them."""
