"""The network: backbone, FPN, head, anchors and weights."""
