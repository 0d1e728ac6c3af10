"""Text made alike, so that it is found whatever its case, accents and width.

One rule for what is stored and what is typed. Letters keep their script: only marks, case, width and spelling variants
that keyboards do not offer fall away.
"""

from __future__ import annotations

import re
import unicodedata

# marks over and under letters: Latin, Greek, Cyrillic, Hebrew points, Arabic vowels. The voicing marks of kana and
# the vowel signs of Indian scripts are letters to their readers and stay.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u2060\u20d0-\u20ff\ufe00-\ufe0f]"
)
_NO_WORD = re.compile(r"[\W_]+")
_ALIKE = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h",
     "ى": "ي", "ة": "ه", "ی": "ي", "ک": "ك", "ا": "ا", "׳": "'"}
)  # fmt: skip
_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}  # to hiragana


def folded(text: str) -> str:
    """Return a text with one form for all its spellings; words are parted by single spaces.

    Examples
    --------
    >>> folded("MÜLLER-Lüdenscheidt^Ærøskøbing")
    'muller ludenscheidt aeroskobing'
    >>> folded("ﾔﾏﾀﾞ Ｔａｒｏ")
    'やまだ taro'
    """
    if text.isascii():
        return " ".join(_NO_WORD.sub(" ", text.casefold()).split())
    parted = _MARKS.sub("", unicodedata.normalize("NFKD", text).casefold())
    plain = unicodedata.normalize("NFKC", parted).translate(_ALIKE).translate(_KATAKANA)
    return " ".join(_NO_WORD.sub(" ", plain).split())


def folded_name(name: str) -> str:
    """Return a person's name (PS3.5 6.2.1) to be searched: all groups, each also without a space between its parts.

    Examples
    --------
    >>> folded_name("Hong^Gildong=洪^吉洞=홍^길동")
    'hong gildong honggildong 洪 吉洞 洪吉洞 홍 길동 홍길동'
    """
    found = []
    for group in name.split("="):
        parts = folded(group)
        found += [parts, parts.replace(" ", "")] if " " in parts else [parts]
    return " ".join(filter(None, found))


def words(text: str) -> list[str]:
    """Return what must be found for a text that a person typed."""
    return folded(text).split()
