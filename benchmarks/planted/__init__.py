"""A small clean dataset, and every kind of defect that can be planted in it, for tests and figures.

`scene` draws the clean labels; `coco`, `voc` and `yolo` write them. Each function in `kinds` plants
one defect and declares which rule must find it. A defect has an image of its own, so any number of
them can be planted at once; see `planting`.
"""
