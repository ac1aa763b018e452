"""Sphinx's configuration of the documentation site."""

from __future__ import annotations

import afif_explorer

project = "AFIF explorer"
version = release = afif_explorer.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "tools.site.mathml"]
html_theme = "furo"
html_title = "AFIF explorer"
html_extra_path = ["_extra"]
html_show_sphinx = html_show_copyright = False
exclude_patterns = ["_extra"]
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the saved outputs are tested
autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_google_docstring = True
