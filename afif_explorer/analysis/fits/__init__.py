"""Fits: trained here or elsewhere, their metrics, and their cached methods."""
