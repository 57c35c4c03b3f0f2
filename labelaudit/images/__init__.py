"""Image files: where they lie, what their headers say, their pixels, which of them look alike."""
