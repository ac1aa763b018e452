"""What the site is made of: texts in ``docs/``, lessons, reference, scenes and pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

from afif_explorer import explain
from afif_explorer.choices.views import VIEWS
from afif_explorer.cli.lessons import for_students
from afif_explorer.scenes import SCENES, page
from tools.site import reference

CONFIGURATION = "conf.py"
SCENES_FILE = "live/scenes.html"


def collect(root: Path, source: Path) -> None:
    """Fill the empty or missing folder ``source``; ``root`` is the checkout."""
    shutil.copytree(root / "docs", source)
    shutil.copy(Path(__file__).with_name(CONFIGURATION), source)
    shutil.copy(root / "CHANGELOG.md", source / "changelog.md")
    stability = source / "stability.md"
    text = stability.read_text(encoding="utf-8").replace("../CHANGELOG.md", "changelog.md")
    stability.write_text(text, encoding="utf-8")
    lessons = for_students(root / "notebooks")
    _write(source / "lessons", lessons)
    (source / "lessons" / "index.md").write_text(_lessons(root, list(lessons)), encoding="utf-8")
    live = source / "_extra" / SCENES_FILE
    live.parent.mkdir(parents=True)
    live.write_text(page.html(), encoding="utf-8")
    (source / "scenes.md").write_text(_scenes(), encoding="utf-8")
    (source / "views.md").write_text(_views(), encoding="utf-8")
    (source / "gallery.md").write_text(_gallery(root / "docs" / "images"), encoding="utf-8")
    _write(source / "reference", reference.pages())


def _write(folder: Path, contents: dict[str, bytes]) -> None:
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def _toctree(names: list[str]) -> str:
    return "\n".join(["```{toctree}", ":maxdepth: 1", "", *names, "```", ""])


def _lessons(root: Path, names: list[str]) -> str:
    """The lessons' own page, with a list of the notebooks."""
    text = (root / "notebooks" / "README.md").read_text(encoding="utf-8")
    return f"{text}\n{_toctree([Path(name).stem for name in names])}"


def _views() -> str:
    """What each view of the dashboard answers, with its pictures."""
    parts = [
        "# The views\n",
        "The dashboard and JupyterLab (`ax.Explorer`) show the same views.\n",
    ]
    for view in VIEWS.values():
        heading, _, text = explain.page(view.page).partition("\n")
        pictures = (f"images/views/{view.key}-{form}.png" for form in ("light", "dark", "phone"))
        light, dark, phone = pictures
        parts += [
            f"#{heading}\n{text}",
            f"![{view.label}, on a wide screen]({light})\n",
            f"The same [in dark]({dark}) and [on a phone]({phone}).\n",
        ]
    return "\n".join(parts)


def _scenes() -> str:
    """Every scene, live."""
    parts = [
        "# Scenes\n",
        "Ten things to predict, drag and reveal. Before is grey, predicted dashed, true solid. "
        f'<a href="{SCENES_FILE}">All scenes on one page</a>; it can be saved and opened from disk.\n',
    ]
    for scene in SCENES.values():
        frame = (
            f'<iframe src="{SCENES_FILE}#scene={scene.key}&hidden=scenes" loading="lazy" '
            f'title="{scene.title}" style="width:100%;height:860px;border:0"></iframe>'
        )
        parts.append(f"## {scene.title}\n\n{scene.lead}\n\n```{{raw}} html\n{frame}\n```\n")
    return "\n".join(parts)


def _gallery(images: Path) -> str:
    """All pictures of the program."""
    parts = ["# Gallery\n"]
    for path in sorted(images.glob("*.png")):
        title = path.stem.replace("_", " ").replace("-", " ").capitalize()
        parts.append(f"## {title}\n\n![{title}](images/{path.name})\n")
    return "\n".join(parts)
