"""The numbers of the model as its written page gives them, which the program must follow."""

from __future__ import annotations

import re
from pathlib import Path

_PAGE = Path(__file__).parents[2] / "assets" / "docs" / "fusion.md"
_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")


def written(text: str) -> tuple[float, ...]:
    """Return the numbers that stand at the places `#` of a passage of the page.

    Args:
        text: The passage, as it stands there but for the numbers; "^" before raised ones.
    """
    page = re.sub(r"([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", r"^\1", _PAGE.read_text(encoding="utf-8"))
    page = page.translate(_POWERS)
    pattern = re.escape(text.translate(_POWERS)).replace(r"\#", r"(-?[\d,]*\.?\d+(?:\^-\d+)?)")
    (found,) = re.findall(pattern, page)
    numbers = found if isinstance(found, tuple) else (found,)
    return tuple(_number(n.replace(",", "")) for n in numbers)


def _number(text: str) -> float:
    base, _, power = text.partition("^")
    return float(base) ** float(power) if power else float(base)
