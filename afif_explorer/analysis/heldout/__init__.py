"""Held-out losses of all rows from one fit: cross-validation, along strengths, and by importance sampling."""
