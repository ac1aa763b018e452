"""One visitor's page: its controls, its head, its dialogs, and all of it put together."""
