"""Tests of backbones, one file each, in which `WHOLE` says what is published about the network.

`tests/test_every_backbone.py` takes it from there.
"""
