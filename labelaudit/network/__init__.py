"""What a small network sees of boxes: its levels, its anchors, its grid."""
