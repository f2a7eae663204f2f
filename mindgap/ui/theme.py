"""The page's own look: a Gradio theme without web fonts, and the style sheets beside this file."""

from __future__ import annotations

import gradio as gr

from mindgap.ui.templating import HERE

STYLE_SHEETS = [HERE / "static" / name for name in ("page.css", "measure.css")]
SCRIPTS = [HERE / "static" / name for name in ("page.js", "map_panel.js", "map_canvas.js", "map.js", "measure.js")]

_FONTS = ["Inter", "Source Sans 3", "system-ui", "DejaVu Sans", "sans-serif"]
_MONO = ["JetBrains Mono", "Menlo", "DejaVu Sans Mono", "monospace"]


def theme() -> gr.themes.Base:
    """Colours of the style sheet for Gradio's own components. Fonts are those of the machine: no outside request."""
    base = gr.themes.Base(
        primary_hue="orange",
        secondary_hue="blue",
        neutral_hue="slate",
        radius_size="md",
        font=_FONTS,
        font_mono=_MONO,
    )
    variables = {
        "body_background_fill": "var(--bg)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--dim)",
        "block_background_fill": "transparent",
        "block_border_width": "0px",
        "block_label_text_color": "var(--dim)",
        "block_title_text_color": "var(--dim)",
        "block_info_text_color": "var(--dim)",
        "border_color_primary": "var(--line)",
        "background_fill_primary": "var(--card)",
        "background_fill_secondary": "var(--soft)",
        "input_background_fill": "var(--card)",
        "input_border_color": "var(--line)",
        "color_accent": "var(--qry-fill)",
        "slider_color": "var(--qry-fill)",
        "checkbox_background_color": "var(--card)",
        "checkbox_background_color_selected": "var(--doc)",
        "checkbox_label_background_fill": "var(--card)",
        "checkbox_label_text_color": "var(--ink)",
        "checkbox_border_color": "var(--dim)",
    }
    both = {
        name + suffix: value
        for name, value in variables.items()
        for suffix in ("", "_dark")
        if _has(base, name + suffix)
    }
    return base.set(**both)


def _has(base: gr.themes.Base, name: str) -> bool:
    return name in base.set.__code__.co_varnames


def head() -> str:
    """What goes into the document's head: the page's scripts, inline."""
    return "\n".join(f"<script>\n{script.read_text('utf-8')}</script>" for script in SCRIPTS)
