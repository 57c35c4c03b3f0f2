"""NET: what a network can make of boxes, once it is named."""
