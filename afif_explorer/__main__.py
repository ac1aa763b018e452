"""``python -m afif_explorer`` is ``afif-explorer``."""

from afif_explorer.cli import command

if __name__ == "__main__":
    command()
