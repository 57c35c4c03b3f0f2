"""Everything that a user of labelaudit can cause to go wrong."""

from __future__ import annotations


class LabelauditError(Exception):
    """What the command line prints in one line, with exit code 2."""


class FormatError(LabelauditError):
    """A path that cannot be read, or not as the format that was asked for."""


class UnknownNameError(LabelauditError):
    """A rule, format, report or setting that does not exist."""


class ConfigError(LabelauditError):
    """A configuration that cannot be used as it stands."""


class FixError(LabelauditError):
    """A fix, fix list or patch that cannot be applied to this dataset."""


class ObjectStorageError(LabelauditError):
    """Object storage that does not give what was asked for, or does not take what was made."""


class GateError(LabelauditError):
    """Labels that are not fit to train on; the message is a summary of several lines."""


class ArgumentError(LabelauditError, TypeError):
    """A value of a kind that a function does not take; the message says what to call."""
