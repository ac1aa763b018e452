"""Rendering of the declared views as Panel objects."""
