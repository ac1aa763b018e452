"""Errors and warnings; each message says what was wrong, where, and what to do."""


class AfifError(Exception):
    """Base class of all errors raised by this package; the message can be shown to a user."""


class DataError(AfifError, ValueError):
    """The data cannot be used as they are (empty, a single class, not finite, ...)."""


class DownloadError(DataError):
    """A data set could not be downloaded, or its checksum is wrong."""


class InvalidChoice(AfifError, ValueError):
    """An unknown name, an invalid value, or an invalid combination of settings."""


class DoesNotApply(InvalidChoice):
    """A result that does not exist for the current settings; the message names settings that have it."""


class UndefinedMeasure(DoesNotApply, DataError):
    """A measure is undefined for the given rows; the message says which rows are missing."""


class SolverDiverged(AfifError, ArithmeticError):
    """An iteration diverged; the message names a setting that would work."""


class CurvatureError(AfifError, ArithmeticError):
    """The curvature is not positive definite; the message names a damping that would suffice."""


class OutOfMemory(AfifError, MemoryError):
    """The computation needs more memory than its device has; the message says what to do."""


class Cancelled(AfifError):
    """The computation was cancelled. Raised by :func:`afif_explorer.progress.report`."""


class NotConverged(UserWarning):
    """A result is usable, but an iteration stopped early; the message gives the residual."""


class Undefined(UserWarning):
    """Some values of a result are undefined, or leave out groups; the message says which and why."""


class HighLeverage(UserWarning):
    """Effects of high-leverage rows are underestimated; the message says by how much."""
