"""The server around the pages: sessions, passwords, headers and scripts."""
