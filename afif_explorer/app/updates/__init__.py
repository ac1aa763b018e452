"""Scheduling of a page's work, the parts that a change affects, and their visibility."""
