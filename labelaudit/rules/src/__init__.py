"""SRC: what one annotator, batch or file does otherwise than the others, throughout."""
