"""The detector that is trained on the labels and scores them; the one folder that imports torch.

A network is a backbone, a feature pyramid and a head, put together by a `DetectorConfig`.
"""
