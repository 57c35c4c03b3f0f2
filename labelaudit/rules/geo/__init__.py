"""GEO: geometry that cannot be right."""
