"""Type inference for columns: numbers, categories, dates, and the target."""
