"""Models without some rows: predicted, refitted, certified, and how far to trust the prediction."""
