"""What is said of a fit that the explorer was given, in the place of the settings of a model."""

from __future__ import annotations

from afif_explorer.state import Explorer


def about_given(explorer: Explorer) -> str:
    """The model, and why it cannot be changed; empty where the model is chosen here."""
    data = explorer.data
    if data is None or data.given is None or data.name != explorer.dataset:
        return ""
    given = data.given
    return (
        f"{given.model}, {given.penalty}. This fit was made in Python and is explored as it is; to see "
        f"another model, fit it and pass it to ax.Explorer(fit=fit). Refits use {given.retrained_by}. "
        "Links to this page work while the program that holds the fit runs."
    )
