"""Sets of rows: by conditions on columns, written or built, and what distinguishes them from all rows."""
