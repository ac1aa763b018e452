"""Figures of regression diagnostics."""
