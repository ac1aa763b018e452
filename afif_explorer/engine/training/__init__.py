"""Minimising the objective, again without rows, and its proximal steps."""
