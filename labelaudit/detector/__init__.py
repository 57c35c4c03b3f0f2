"""The detector that a second opinion comes from; the one folder that imports torch.

A network is a backbone, a feature pyramid and a head, put together by a `DetectorConfig`.
"""
