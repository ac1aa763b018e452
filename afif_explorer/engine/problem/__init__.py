"""The training problem: losses, penalties, models, the objective and its row weights."""
