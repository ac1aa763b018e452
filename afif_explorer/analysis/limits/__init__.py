"""Undefined results of a fit, and their messages."""
