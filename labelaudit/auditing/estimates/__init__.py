"""What findings come to: how much is wrong, where, and how sure that is."""
