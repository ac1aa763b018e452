"""Errors and warnings; each message says what was wrong, where, and what to do."""


class AfifError(Exception):
    """Base of every error that this package raises on purpose; its text may be shown to a user."""


class DataError(AfifError, ValueError):
    """The data cannot be used as they are (empty, one class only, not finite, ...)."""


class DownloadError(DataError):
    """A data set could not be fetched, or arrived with the wrong checksum."""


class InvalidChoice(AfifError, ValueError):
    """A name, number or combination of choices that does not exist or does not fit."""


class DoesNotApply(InvalidChoice):
    """A result that does not exist for the current settings; the message names settings that have it."""


class UndefinedMeasure(DoesNotApply, DataError):
    """A measure that the rows at hand do not define; the message says which rows it lacks."""


class SolverDiverged(AfifError, ArithmeticError):
    """An iteration grew without bound; the message names the setting that would work."""


class CurvatureError(AfifError, ArithmeticError):
    """The curvature is not positive definite; the message names a damping that would do."""


class OutOfMemory(AfifError, MemoryError):
    """The computation needs more memory than its device has; the message says what to do."""


class Cancelled(AfifError):
    """The computation was cancelled. Raised by :func:`afif_explorer.progress.report`."""


class NotConverged(UserWarning):
    """A result is usable but an iteration stopped early; the text names the residual reached."""


class Undefined(UserWarning):
    """Some numbers of a result do not exist, or leave out groups; the text names them and says why."""


class HighLeverage(UserWarning):
    """Effects of some rows fall short, because each row holds much of its own fit; the text says how much."""
