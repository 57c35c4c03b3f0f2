"""Whether a deployed model answers as the network that it was made from, and if not, why."""
