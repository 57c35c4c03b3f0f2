"""Object storage: URLs in the place of paths, as mirrors of what they name."""
