"""Options of a plugin: the window makes a form of them."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from medview.errors import MedViewError
from medview.plugin.contract import Parameter
from medview.plugin.manifest.record import Identifier, Record, Text

_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


class Choice(Record):
    """One value of a "choice" parameter and how it is called."""

    value: Text
    label: Text


class ParameterRecord(Record):
    """An option: the window makes a form of it and the command line parses it from ``name=value``."""

    id: Identifier
    type: Literal["bool", "int", "float", "choice"]
    label: Text
    help: str = ""
    default: Parameter
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Choice, ...] = ()

    @model_validator(mode="after")
    def _default_fits(self) -> Self:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("choices belong to parameters of type choice, and to no others")
        try:
            self.parse(str(self.default))
        except MedViewError as error:
            raise ValueError(f"the default of {self.id} is not allowed: {error.message}") from None
        return self

    def parse(self, text: str) -> Parameter:
        """Return the value that `text` says; MedViewError where it is not allowed."""
        value = self._value(text.strip())
        if value is None or not self._within(value):
            raise MedViewError(
                "{value} is not a value of the option {option}.",
                "Allowed: {allowed}.",
                value=text,
                option=self.id,
                allowed=self.allowed,
            )
        return value

    @property
    def allowed(self) -> str:
        """Say in words which values there are."""
        if self.type == "choice":
            return ", ".join(choice.value for choice in self.choices)
        if self.type == "bool":
            return "true, false"
        low = f"from {self.minimum:g}" if self.minimum is not None else ""
        high = f"to {self.maximum:g}" if self.maximum is not None else ""
        return " ".join(part for part in ("a number" if self.type == "float" else "a whole number", low, high) if part)

    def _value(self, text: str) -> Parameter | None:
        if self.type == "choice":
            return text if any(choice.value == text for choice in self.choices) else None
        if self.type == "bool":
            known = text.lower() in _TRUE | _FALSE
            return text.lower() in _TRUE if known else None
        try:
            return int(text) if self.type == "int" else float(text)
        except ValueError:
            return None

    def _within(self, value: Parameter) -> bool:
        if isinstance(value, (str, bool)):
            return True
        low = self.minimum if self.minimum is not None else float("-inf")
        high = self.maximum if self.maximum is not None else float("inf")
        return low <= value <= high  # false for not-a-number too
