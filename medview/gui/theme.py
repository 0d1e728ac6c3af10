"""The look of the window: two sets of colours, one style sheet, fonts that know Chinese."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache

from PySide6.QtGui import QColor, QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication

from medview.paths import resources_folder

# named after the platform's own font, so that Chinese is never drawn in boxes or in a Japanese form
CHINESE_FAMILIES = ("Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC")


@dataclass(frozen=True)
class Theme:
    """Colours by their task, each "#rrggbb". Text on its ground keeps WCAG's 4.5 to 1.

    Attributes
    ----------
    window, panel, raised, hover, border
        Grounds, from the farthest to the nearest, and the lines between them.
    text, dim, faint
        Text, secondary text, and what cannot be used now.
    accent, on_accent, line
        The one filled button with its text, and accent colour on a ground.
    info, warning, error, fine
        Colours of levels on the panel; `*_ground` is what their notices lie on.
    """

    name: str
    window: str
    panel: str
    raised: str
    hover: str
    border: str
    text: str
    dim: str
    faint: str
    accent: str
    accent_hover: str
    on_accent: str
    line: str
    selected: str
    info: str
    info_ground: str
    warning: str
    warning_ground: str
    error: str
    error_ground: str
    fine: str


DARK = Theme(
    name="dark",
    window="#12151a",
    panel="#1a1f26",
    raised="#262d37",
    hover="#313a47",
    border="#37414e",
    text="#e9edf2",
    dim="#a9b5c3",
    faint="#7b8896",
    accent="#1a6fb5",
    accent_hover="#1d76c0",
    on_accent="#ffffff",
    line="#66b5f5",
    selected="#203a55",
    info="#66b5f5",
    info_ground="#172a3d",
    warning="#f2b84b",
    warning_ground="#352a12",
    error="#ff8a80",
    error_ground="#3d1a1c",
    fine="#5cc689",
)
LIGHT = Theme(
    name="light",
    window="#e6eaef",
    panel="#f6f8fa",
    raised="#ffffff",
    hover="#e3eaf2",
    border="#c3ccd6",
    text="#1a212a",
    dim="#4d5966",
    faint="#76818d",
    accent="#0b5fae",
    accent_hover="#0a5296",
    on_accent="#ffffff",
    line="#0b5fae",
    selected="#cfe3f7",
    info="#0b5fae",
    info_ground="#e0eefb",
    warning="#7a4f00",
    warning_ground="#fdf0d2",
    error="#a8201a",
    error_ground="#fce4e2",
    fine="#17713a",
)
_THEMES = {theme.name: theme for theme in (DARK, LIGHT)}
_chosen = DARK


def theme() -> Theme:
    """Return the theme in use."""
    return _chosen


def apply(application: QApplication, name: str) -> None:
    """Dress the application in the theme "dark" or "light"; an unknown name is dark."""
    global _chosen
    _chosen = _THEMES.get(name, DARK)
    application.setStyle("Fusion")
    application.setPalette(_palette(_chosen))
    application.setFont(_font(application.font()))
    application.setStyleSheet(_style_sheet(_chosen))


def _font(font: QFont) -> QFont:
    # "Sans Serif" is no family but an alias: in a list with real names it would give way to them
    own = QFontInfo(font).family()
    font.setFamilies([own, *(family for family in CHINESE_FAMILIES if family != own)])
    return font


def _palette(chosen: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: chosen.panel,
        QPalette.ColorRole.WindowText: chosen.text,
        QPalette.ColorRole.Base: chosen.raised,
        QPalette.ColorRole.AlternateBase: chosen.panel,
        QPalette.ColorRole.Text: chosen.text,
        QPalette.ColorRole.Button: chosen.raised,
        QPalette.ColorRole.ButtonText: chosen.text,
        QPalette.ColorRole.ToolTipBase: chosen.raised,
        QPalette.ColorRole.ToolTipText: chosen.text,
        QPalette.ColorRole.PlaceholderText: chosen.dim,
        QPalette.ColorRole.Highlight: chosen.accent,
        QPalette.ColorRole.HighlightedText: chosen.on_accent,
        QPalette.ColorRole.Link: chosen.line,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(chosen.faint))
    return palette


@lru_cache(maxsize=2)
def _style_sheet(chosen: Theme) -> str:
    sheet = (resources_folder() / "theme.qss").read_text(encoding="utf-8")
    # longest names first, so that @accent does not eat the beginning of @accent_hover
    for name, colour in sorted(asdict(chosen).items(), key=lambda item: -len(item[0])):
        sheet = sheet.replace(f"@{name}", colour)
    return sheet.replace("@icons", (resources_folder() / "icons").as_posix())
