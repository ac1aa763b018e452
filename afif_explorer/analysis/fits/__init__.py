"""Fits: trained here or elsewhere, their metrics, and what they keep for the next question."""
