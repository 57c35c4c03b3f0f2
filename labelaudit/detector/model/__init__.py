"""The network: backbone, feature pyramid, head, anchors and weights."""
