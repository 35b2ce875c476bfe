"""Small pictures: encoded, as a data address, and many on one sheet."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

from PIL import Image

_JPEG_START = b"\xff\xd8"


def encode_picture(image: Image.Image, size: int = 96) -> bytes:
    """A thumbnail for `Example.picture`.

    Args:
        image: Any mode. Left as it is.
        size: Longest side in the report, pixels. A smaller image is enlarged in whole steps without smoothing, so that
            its pixels stay visible; a larger one is reduced.

    Returns:
        PNG for small or enlarged pictures, JPEG (quality 82) where that is smaller.
    """
    small = _fitted(image.convert("RGB"), size)
    return min((_encoded(small, "PNG"), _encoded(small, "JPEG")), key=len)


def data_address(picture: bytes) -> str:
    """``data:image/png;base64,...``, which a browser opens offline."""
    kind = "jpeg" if picture.startswith(_JPEG_START) else "png"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"


def contact_sheet(pictures: Sequence[bytes], columns: int = 6, size: int = 96, gap: int = 8) -> bytes:
    """All pictures on one PNG, row by row, each in a square of ``size`` pixels."""
    rows = -(-len(pictures) // columns)
    step = size + gap
    sheet = Image.new("RGB", (min(columns, len(pictures)) * step + gap, rows * step + gap), "white")
    for i, picture in enumerate(pictures):
        tile = Image.open(io.BytesIO(picture)).convert("RGB")
        tile.thumbnail((size, size))
        sheet.paste(tile, (i % columns * step + gap, i // columns * step + gap))
    return _encoded(sheet, "PNG")


def _fitted(image: Image.Image, size: int) -> Image.Image:
    longest = max(image.size)
    if longest <= size:
        factor = size // longest
        return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    reduced = image.copy()
    reduced.thumbnail((size, size), Image.Resampling.LANCZOS)
    return reduced


def _encoded(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **({"quality": 82} if kind == "JPEG" else {"optimize": True}))
    return buffer.getvalue()
