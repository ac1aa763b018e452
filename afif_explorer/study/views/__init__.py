"""The results of each view."""
