"""Findings as others want them: named records, Arrow, and those that were asked for."""
