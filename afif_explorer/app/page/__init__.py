"""A visitor's page: controls, header, status, notices, dialogs, and their assembly."""
