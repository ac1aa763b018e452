"""Checks of a fit with codes: what was seen, why it matters, what to do."""
