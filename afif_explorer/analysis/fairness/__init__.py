"""Fairness: what an auditor asks of a model, its groups and the gaps between them."""
