"""Files in a notebook: exports into the working folder, Python code to copy, and somebody's own table."""
