"""What is minimised: losses, penalties, models, the objective and its row weights."""
