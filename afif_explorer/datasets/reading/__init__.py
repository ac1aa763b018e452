"""From the bytes of a file to a table, within limits."""
