"""From a trained detector to the format of a device, shown to say the same."""
