"""The catalogue: data sets available by name."""
