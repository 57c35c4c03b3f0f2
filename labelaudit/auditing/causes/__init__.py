"""Findings that name a cause, and what follows from them."""
