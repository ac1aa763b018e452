"""Rows whose removal changes zeros or signs of a fit with an L1 penalty, and their steps."""
