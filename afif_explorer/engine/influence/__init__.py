"""Influence of rows: methods, effects, leverages, refinement towards the refit, certificates."""
