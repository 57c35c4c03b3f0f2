"""Model disagreement: labels that a detector, which never saw them, holds for wrong."""
