"""From changes of the state to the page, and what is worth bringing up to date."""
