"""Reading uploaded files into tables, within limits."""
