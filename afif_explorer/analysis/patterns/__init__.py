"""Groups of training rows in words whose removal changes a target."""
