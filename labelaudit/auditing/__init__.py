"""Findings, the rules that make them, and what becomes of them: configuration, baseline, fixes."""
