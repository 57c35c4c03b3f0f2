"""Image files: missing, unreadable, and not what the labels say of them."""
