"""Removing rows: the selected ones, those of a rule, and what is followed meanwhile."""
