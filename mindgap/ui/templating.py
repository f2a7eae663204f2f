"""HTML from templates. Autoescape is on: whatever comes from data, queries or uploads is text, never markup."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The template environment, with the filters `code` and `backticks`."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters["code"] = highlight
    made.filters["backticks"] = backticks
    return made


def render(template: str, **values: object) -> str:
    """A template of mindgap/ui/templates, filled in."""
    return environment().get_template(template).render(**values)


def highlight(text: str, language: str) -> Markup:
    """`text` as spans with Pygments' short class names; escaped by Pygments itself."""
    from pygments import highlight as paint
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    return Markup(paint(text, get_lexer_by_name(language, stripnl=False), HtmlFormatter(nowrap=True)).rstrip("\n"))


def backticks(text: str) -> Markup:
    """Escaped text in which `...` is set as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))
