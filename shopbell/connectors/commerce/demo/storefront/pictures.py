"""Product pictures drawn from a kind, a knit and a colour; the same each time."""

from __future__ import annotations

from functools import cache

_TORSO = (
    "M150 108Q200 138 250 108L302 130L350 332L306 344L280 226V384H120V226L94 344L50 332L98 130Z"
)
_LONG = "M150 92Q200 118 250 92L304 114L348 316L306 328L284 216L292 430H108L116 216L94 328L52 316L96 114Z"
_SLEEVELESS = "M150 108Q200 138 250 108L288 124Q268 190 284 232V388H116V232Q132 190 112 124Z"
_SHAPES = {
    "jumper": _TORSO,
    "top": _TORSO,
    "cardigan": _TORSO,
    "jacket": _TORSO,
    "coat": _LONG,
    "gilet": _SLEEVELESS,
    "vest": _SLEEVELESS,
    "tee": "M150 108Q200 138 250 108L310 134L342 220L292 238L280 206V380H120V206L108 238L58 220L90 134Z",
    "overall": "M140 96H166V150H234V96H260V210L284 426H222L200 270L178 426H116L140 210Z",
    "trousers": "M136 80H264L290 420H222L200 190L178 420H110Z",
    "shorts": "M130 130H270L296 340H216L200 240L184 340H104Z",
    "skirt": "M150 100H250L312 384Q200 414 88 384Z",
    "beanie": "M100 300Q100 120 200 120Q300 120 300 300L306 356Q200 372 94 356Z",
    "scarf": "M128 124Q128 70 200 70Q272 70 272 124V408H214V156Q200 138 186 156V340H128Z",
    "blanket": "M86 130Q200 116 314 130Q326 250 314 374Q200 388 86 374Q74 250 86 130Z",
    "socks": "M146 84H218V270L306 338Q326 388 278 394H222Q146 346 146 290Z",
    "gloves": "M140 394V280L92 230Q88 196 120 202L144 226V156Q150 100 200 100Q250 100 252 156L256 280V394Z",
    "bottle": "M172 96H228V144Q266 160 266 196V396H134V196Q134 160 172 144Z",
    "tin": "M106 196Q200 158 294 196V328Q200 366 106 328Z",
    "comb": "M96 160Q200 130 304 160V236H292V350H280V236H264V350H252V236H236V350H224V236H208V350H196V236"
    "H180V350H168V236H152V350H140V236H124V350H112V236H96Z",
}  # fmt: skip
_KNITS = {
    "rib": (12, 12, '<path d="M3 0V12M9 0V12" stroke-width="2.4"/>'),
    "cables": (44, 40, ('<path d="M10 0Q34 20 10 40M34 0Q10 20 34 40M2 0V40M42 0V40"'
               ' stroke-width="3"/>')),
    "moss": (10, 10, '<path d="M1 2H4M6 7H9" stroke-width="2.2"/>'),
    "fleck": (46, 38, ('<path d="M6 8L9 10M30 5L32 8M18 24L21 23M40 30L42 27M4 33L6 35"'
              ' stroke-width="3" stroke="#fff"/>')),
    "stripe": (40, 44, '<path d="M0 12H40" stroke-width="13"/>'),
    "yoke": (24, 480, ('<path d="M0 150L12 162L24 150M0 172L12 184L24 172M12 196V198M0 134H24"'
             ' stroke-width="5" stroke="#fff"/>')),
    "check": (56, 56, '<path d="M14 0V56M0 14H56" stroke-width="12"/>'),
    "quilt": (36, 36, '<path d="M0 0L36 36M36 0L0 36" stroke-width="1.8"/>'),
}  # fmt: skip
_FRONT = '<path d="M200 124V384"/>'
_BUTTONS = "".join(f'<circle cx="208" cy="{y}" r="4"/>' for y in range(160, 380, 46))
_RIBBED = '<path d="M120 366H280M54 314L98 326M346 314L302 326M150 108Q200 152 250 108"/>'
_DETAILS = {
    "jumper": _RIBBED,
    "top": '<path d="M150 108Q200 150 250 108"/>',
    "tee": '<path d="M150 108Q200 150 250 108"/>',
    "cardigan": _RIBBED + _FRONT + _BUTTONS,
    "jacket": _FRONT + '<path d="M140 300H176M224 300H260"/>' + _BUTTONS,
    "coat": '<path d="M200 106V430M136 310H176M224 310H264"/>' + _BUTTONS,
    "gilet": _FRONT + _BUTTONS,
    "vest": '<path d="M150 108L200 176L250 108M116 370H284"/>',
    "trousers": '<path d="M134 104H266M200 104V190"/>',
    "shorts": '<path d="M128 154H272M200 154V240"/>',
    "skirt": '<path d="M146 120H254"/>',
    "beanie": '<path d="M99 306Q200 322 301 306"/>',
    "scarf": '<path d="M128 322H186M214 390H272M150 132Q200 96 250 132"/>',
    "socks": '<path d="M146 112H218M282 330Q262 356 270 394M146 282Q186 290 218 270"/>',
    "gloves": '<path d="M140 350H256"/>',
    "bottle": '<path d="M172 120H228M150 240H250V320H150Z"/>',
    "tin": '<path d="M106 196Q200 234 294 196"/>',
}


@cache
def picture(kind: str, pattern: str, colour: str) -> str:
    """An SVG of some 1 to 2 kB; `colour` is `#rrggbb`, unknown kinds are drawn as a blanket."""
    shape = _SHAPES.get(kind, _SHAPES["blanket"])
    thread = "#000" if _bright(colour) else "#fff"
    knit = _KNITS.get(pattern)
    defined = drawn = ""
    if knit:
        width, height, lines = knit
        defined = (
            f'<pattern id="k" width="{width}" height="{height}" patternUnits="userSpaceOnUse">'
            f'<g fill="none" stroke="{thread}" stroke-linecap="round">{lines}</g></pattern>'
        )
        drawn = f'<path d="{shape}" fill="url(#k)" opacity=".2"/>'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 480" role="img">'
        f'<defs>{defined}<linearGradient id="s" x1="0" x2="1"><stop stop-color="#000"'
        ' stop-opacity=".16"/><stop offset=".45" stop-color="#fff" stop-opacity=".1"/>'
        '<stop offset="1" stop-color="#000" stop-opacity=".12"/></linearGradient></defs>'
        f'<rect width="400" height="480" fill="{_paper(colour)}"/>'
        '<ellipse cx="200" cy="436" rx="120" ry="9" opacity=".07"/>'
        f'<path d="{shape}" fill="{colour}" stroke="{colour}" stroke-width="8"'
        f' stroke-linejoin="round"/>{drawn}<path d="{shape}" fill="url(#s)"/>'
        f'<g fill="none" stroke="{thread}" stroke-opacity=".38" stroke-width="2.5"'
        f' stroke-linecap="round">{_DETAILS.get(kind, "")}</g></svg>'
    )


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _bright(colour: str) -> bool:
    red, green, blue = _channels(colour)
    return 299 * red + 587 * green + 114 * blue > 110_000


def _paper(colour: str) -> str:
    """The picture's ground: warm paper with a breath of the thing's own colour."""
    mixed = (
        (own + 9 * paper) // 10
        for own, paper in zip(_channels(colour), (246, 242, 234), strict=True)
    )
    return "#" + "".join(f"{one:02x}" for one in mixed)
