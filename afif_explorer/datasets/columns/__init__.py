"""What a column is: numbers, categories, dates, and the outcome."""
