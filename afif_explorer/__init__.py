"""See what each training row did to a model, and what happens if it goes."""
