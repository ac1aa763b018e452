"""Colours, sizes and style sheets of the page, for light and dark."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent.parent / "static"
SIDEBAR_WIDTH = 320
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'


# To the right of a button, a tooltip would cover the next button. So it is placed below, or above if
# there is no room, by pretending that it never fits on the right. It does not intercept clicks.
_TOOLTIP = {
    "disableInteractive": True,
    "slotProps": {
        "popper": {
            "modifiers": [
                {
                    "name": "flip",
                    "options": {
                        "padding": {"right": 1e5},
                        "checkAltAxis": False,
                        "fallbackPlacements": ["bottom", "top"],
                    },
                }
            ]
        }
    },
}


def _scheme(colours: dict[str, str]) -> dict[str, Any]:
    """The settings of one colour scheme, as Material UI names them."""
    signals = {name: {"main": colours[name]} for name in ("success", "warning", "error")}
    return {
        "palette": signals
        | {
            "primary": {"main": colours["primary"], "contrastText": colours["on_primary"]},
            "background": {"default": colours["ground"], "paper": colours["paper"]},
            "text": {"primary": colours["ink"], "secondary": colours["soft"]},
            "divider": colours["line"],
            "default": {"dark": colours["soft"]},  # of icons, which are dark on dark otherwise
        },
        "typography": {
            "fontFamily": FONT,
            "fontSize": 13,
            "body1": {"fontSize": "0.875rem"},
            "button": {"textTransform": "none", "fontWeight": 600},
        },
        "shape": {"borderRadius": 8},
        "components": {
            # On a phone the sidebar lies above everything, even above the first figures of first_paint.js.
            "MuiDrawer": {"styleOverrides": {"root": {"opacity": "var(--afif-drawer, 1)"}}},
            "MuiTooltip": {"defaultProps": _TOOLTIP},
            # At 1440 px all views are in sight.
            "MuiTab": {"styleOverrides": {"root": {"minWidth": 0, "padding": "12px 10px"}}},
            # Roles and names that the toolkit's components lack; static/assistive.js adds the others.
            "MuiMenuItem": {"defaultProps": {"role": "option"}},
            "MuiLinearProgress": {"defaultProps": {"aria-label": "Progress"}},
            # Without a graphics card the processor composes every frame: half a second for each ripple, which
            # the figures then wait for.
            "MuiButtonBase": {"defaultProps": {"disableRipple": True}},
            "MuiTabs": {"styleOverrides": {"indicator": {"transition": "none"}}},
            # Animating the slider would delay the figures that it redraws.
            "MuiSlider": {
                "styleOverrides": {part: {"transition": "none"} for part in ("thumb", "track")}
            },
        },
    }


LIGHT = {
    "primary": "#0a5ea8",
    "on_primary": "#ffffff",
    "ground": "#f3f5f8",
    "paper": "#ffffff",
    "ink": "#16191d",
    "soft": "#4d5661",
    "line": "#dfe3e8",
    "success": "#00805e",
    "warning": "#8a6400",
    "error": "#b3261e",
}
DARK = {
    "primary": "#7cc0f8",
    "on_primary": "#0f1216",
    "ground": "#0b0d10",
    "paper": "#121417",
    "ink": "#f1f3f5",
    "soft": "#a9b2bc",
    "line": "#2b3037",
    "success": "#3fcf9e",
    "warning": "#e8c055",
    "error": "#ff8a80",
}
THEME = {"light": _scheme(LIGHT), "dark": _scheme(DARK)}

# With exactly these two settings the toolkit does not override the colours of the header's children.
PAGE = {
    ".MuiAppBar-root": {
        "bgcolor": "primary.contrastText",
        "color": "primary.main",
        "boxShadow": "none",
        "backgroundImage": "none",
        "borderBottom": "1px solid",
        "borderColor": "divider",
    },
    ".main": {"backgroundColor": "background.default"},
}


def _variables(selector: str, colours: dict[str, str]) -> str:
    """Material UI's variables for ``colours``, for use before Material UI has loaded."""
    names = {
        "primary-main": "primary",
        "background-default": "ground",
        "background-paper": "paper",
        "text-primary": "ink",
        "text-secondary": "soft",
        "divider": "line",
    }
    rules = "; ".join(f"--mui-palette-{name}: {colours[key]}" for name, key in names.items())
    return f"{selector} {{ {rules} }}"


GLOBAL_CSS = "\n".join(
    (
        (STATIC / "page.css").read_text(encoding="utf-8"),
        _variables("#afif-first-paint", LIGHT),
        _variables('#afif-first-paint[data-scheme="dark"]', DARK),
    )
)


def _url(name: str) -> str:
    """The URL of a file in :data:`STATIC`; browsers may cache it until it changes."""
    version = sha256((STATIC / name).read_bytes()).hexdigest()[:16]
    return f"assets/{name}?v={version}"


# plotly.js with only the trace types that the figures use, built by tools/plotly: it loads in a third of
# the time of the full library.
PLOTLY_URL = _url("plotly/plotly.min.js")
PLOT_CSS = [
    (STATIC / name).read_text(encoding="utf-8") for name in ("plotly/plotly.css", "plot.css")
]
TEMPLATE = (STATIC / "page.html").read_text(encoding="utf-8")
TEMPLATE_VARIABLES = {
    "afif": {
        "scripts": [
            PLOTLY_URL,
            *map(
                _url, ("sums.js", "figure_table.js", "drawing.js", "first_paint.js", "assistive.js")
            ),
        ],
        "plot_css": "\n".join(PLOT_CSS),
    }
}
SHEET = "\n".join(  # of the parts inside shadow roots
    (STATIC / name).read_text(encoding="utf-8") for name in ("parts.css", "content.css")
)
