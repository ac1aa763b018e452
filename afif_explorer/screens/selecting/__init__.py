"""Selecting rows: gestures in figures, conditions, and the bar that says what their removal would do."""
