"""The models that can be fitted, one file each."""

from afif_explorer.choices.models.kind import Automatic, ModelOption
from afif_explorer.choices.option import Facts, declared

MODELS: dict[str, ModelOption] = declared(__name__, __path__)
TRAINABLE = {key: one for key, one in MODELS.items() if not isinstance(one, Automatic)}


def default_model(data: Facts) -> ModelOption:
    """The model that "auto" stands for on a data set."""
    fit = (one for one in TRAINABLE.values() if one.fits(data) and data.task in one.default_for)
    return next(fit)


def chosen_model(key: str, data: Facts) -> ModelOption:
    """The model with that key, or the one that "auto" stands for."""
    return TRAINABLE[key] if key in TRAINABLE else default_model(data)
