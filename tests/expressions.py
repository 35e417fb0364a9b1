"""GitHub's expressions, as far as our workflows use them: names, strings, calls, == != && ||, parentheses."""

import re
from collections.abc import Mapping
from typing import Any

_TOKENS = re.compile(r"'(?:[^']|'')*'|[A-Za-z_][\w.-]*|==|!=|&&|\|\||[()]|\S")
_MAY_BE_MISSING = ("vars.", "secrets.", "steps.")


def evaluate(expression: str, values: Mapping[str, Any]) -> Any:
    """The expression's value. A variable, a secret or an output that isn't set is empty.

    Raises NotImplementedError for another name that isn't among the values, and for any other syntax.
    """
    return _Parser(expression, values).either()


class _Parser:
    def __init__(self, expression: str, values: Mapping[str, Any]):
        self._expression, self._values = expression, values
        self._tokens = _TOKENS.findall(expression)

    def either(self) -> Any:
        value = self._both()
        while self._takes("||"):
            other = self._both()
            value = value or other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._takes("&&"):
            other = self._compared()
            value = value and other
        return value

    def _compared(self) -> Any:
        value = self._single()
        if self._takes("=="):
            return value == self._single()
        if self._takes("!="):
            return value != self._single()
        return value

    def _single(self) -> Any:
        if self._takes("("):
            value = self.either()
            self._takes(")")
            return value
        name = self._tokens.pop(0)
        if name.startswith("'"):
            return name[1:-1].replace("''", "'")
        if name not in self._values and not name.startswith(_MAY_BE_MISSING):
            raise NotImplementedError(f"The runner doesn't know {name!r}, in {self._expression!r}.")
        if not self._takes("("):
            return self._values.get(name, "")
        arguments = [] if self._takes(")") else [self.either()]
        if arguments:
            self._takes(")")
        return self._values[name](*arguments)

    def _takes(self, token: str) -> bool:
        """Whether this token is the next one, which is then taken."""
        if self._tokens[:1] != [token]:
            return False
        self._tokens.pop(0)
        return True
