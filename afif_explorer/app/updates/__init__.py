"""When the work of a page is done, which of its parts a change concerns, and whether anybody sees them."""
