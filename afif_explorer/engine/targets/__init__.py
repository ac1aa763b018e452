"""Targets: the quantities whose change is predicted when rows are removed."""
