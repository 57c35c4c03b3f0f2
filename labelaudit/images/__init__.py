"""Image files: where they lie, what their headers say, which of them look alike."""
