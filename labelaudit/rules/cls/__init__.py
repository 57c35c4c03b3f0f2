"""CLS: class names, and how often each class occurs."""
