"""The one exception family that is shown to a person, and the sentence it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import Formatter


class _Filler(Formatter):
    """Fills holes as `str.format` does, and ``{count:file|files}`` by whether the number is one."""

    def format_field(self, value: object, format_spec: str) -> str:
        if "|" not in format_spec:
            return str(super().format_field(value, format_spec))
        one, several = format_spec.split("|")
        return one if str(value) == "1" else several


def fill(template: str, values: Mapping[str, object]) -> str:
    """Return a template with its holes filled.

    >>> fill("{count} {count:file is|files are} not DICOM.", {"count": 1})
    '1 file is not DICOM.'
    """
    return _FILLER.vformat(template, (), values) if "|" in template else template.format(**values)


_FILLER = _Filler()


@dataclass(frozen=True)
class Sentence:
    """An English sentence with named holes, so that it can be translated before the holes are filled.

    ``Sentence("{count} {count:file is|files are} not DICOM.", {"count": 3})``. The template is the key of the
    translation, which may leave out the second hole.
    """

    template: str
    values: dict[str, object] = field(default_factory=dict, hash=False)

    def text(self, translate: Callable[[str], str] = lambda template: template) -> str:
        """Return the sentence with its holes filled, in English or through `translate`."""
        template = translate(self.template)
        return fill(template, self.values) if self.values else template

    def __str__(self) -> str:
        return self.text()


class MedViewError(Exception):
    """Something a person must be told: what is wrong, and what would help.

    Parameters
    ----------
    message, remedy
        Templates with named holes; `values` fill both. They hold no patient data beyond what the person
        has named (a path): they may be written to a log.
    """

    def __init__(self, message: str, remedy: str = "", **values: object) -> None:
        self.message = Sentence(message, values)
        self.remedy = Sentence(remedy, values)
        super().__init__(str(self))

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.message.template, self.remedy.template, self.message.values)


def _rebuild(kind: type[MedViewError], message: str, remedy: str, values: dict[str, object]) -> MedViewError:
    """Make the error anew on the other side of a process boundary."""
    return kind(message, remedy, **values)
