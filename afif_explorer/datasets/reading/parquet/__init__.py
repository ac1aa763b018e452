"""Parquet files: their sizes are checked before anything is expanded."""
