"""Finds what a new OpenAPI document takes away from the clients of an old one.

The rule is substitution: whatever clients send by the old document must still be accepted, and whatever they get
by the new document must be what the old one promised. What is not understood counts as a break, never as none.
"""

from collections.abc import Iterator
from typing import Any, Literal

Json = dict[str, Any]
Way = Literal["request", "response"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_ANNOTATIONS = {
    "title",
    "description",
    "examples",
    "example",
    "default",
    "deprecated",
    "externalDocs",
    "contentMediaType",
}
_BOUNDS = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), -1),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), 1),
}
_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_EXACT = ("pattern", "format", "multipleOf", "uniqueItems", "const")
_STRUCTURE = {"type", "enum", "properties", "required", "additionalProperties", "items", "anyOf", "oneOf"}
_UNDERSTOOD = {*_ANNOTATIONS, *_BOUNDS, *_EXACT, *_STRUCTURE}


def breaking_changes(old: Json, new: Json) -> list[str]:
    """A line for each change from old to new that can break a client; none when there is no such change."""
    return list(dict.fromkeys(_Comparison(old, new).changes()))


def breaking_events(old: Json, new: Json) -> list[str]:
    """A line for each change from old to new schemas of events that can break those who react to the events."""
    found = []
    for name, schema in old["$defs"].items():
        if name not in new["$defs"]:
            found.append(f"{name}: removed")
        else:
            found += _Containment(new, old, removals_matter=True).misfits(name, new["$defs"][name], schema)
    return list(dict.fromkeys(found))


class _Comparison:
    def __init__(self, old: Json, new: Json):
        self._old, self._new = old, new

    def changes(self) -> Iterator[str]:
        for path, item in self._old.get("paths", {}).items():
            for method in METHODS:
                if method not in item:
                    continue
                where = f"{method.upper()} {path}"
                operation = self._new.get("paths", {}).get(path, {}).get(method)
                if operation is None:
                    yield f"{where}: removed"
                    continue
                yield from self._operation(where, item[method], operation)

    def _operation(self, where: str, old: Json, new: Json) -> Iterator[str]:
        if old.get("operationId") != new.get("operationId"):
            yield f"{where}: operationId changed from {old.get('operationId')} to {new.get('operationId')}"
        yield from self._security(where, old, new)
        yield from self._parameters(where, old, new)
        yield from self._request_body(where, old, new)
        yield from self._responses(where, old, new)

    def _security(self, where: str, old: Json, new: Json) -> Iterator[str]:
        def alternatives(document: Json, operation: Json) -> list[Json]:
            return operation.get("security", document.get("security", [])) or [{}]

        for accepted in alternatives(self._new, new):
            if all(
                scheme in known and set(scopes) <= set(known[scheme])
                for known in alternatives(self._old, old)
                for scheme, scopes in accepted.items()
            ):
                return
        yield f"{where}: security changed"

    def _parameters(self, where: str, old: Json, new: Json) -> Iterator[str]:
        before, after = _parameters(old), _parameters(new)
        for key, parameter in before.items():
            name = f"{where}: {' parameter '.join(key)}"
            if key not in after:
                yield f"{name}: removed"
                continue
            if after[key].get("required") and not parameter.get("required"):
                yield f"{name}: became required"
            schemas = parameter.get("schema", {}), after[key].get("schema", {})
            if schemas[0].get("default") != schemas[1].get("default"):
                yield f"{name}: default changed"
            yield from self._schema(name, *schemas, "request")
        for key, parameter in after.items():
            if key not in before and parameter.get("required"):
                yield f"{where}: {' parameter '.join(key)}: added, and required"

    def _request_body(self, where: str, old: Json, new: Json) -> Iterator[str]:
        before, after = old.get("requestBody", {}), new.get("requestBody", {})
        if after.get("required") and not before.get("required"):
            yield f"{where}: request body: became required"
        yield from self._content(f"{where}: request body", before, after, "request")

    def _responses(self, where: str, old: Json, new: Json) -> Iterator[str]:
        before, after = old.get("responses", {}), new.get("responses", {})
        for status in (status for status in {**before, **after} if status.startswith("2")):
            if status not in after:
                yield f"{where}: {status}: removed"
            elif status not in before:
                yield f"{where}: {status}: added; clients don't expect this success"
        for status in (status for status in before if status in after):
            name = f"{where}: {status}"
            for header, definition in before[status].get("headers", {}).items():
                if header not in after[status].get("headers", {}):
                    yield f"{name}: header {header}: removed"
                    continue
                schemas = definition.get("schema", {}), after[status]["headers"][header].get("schema", {})
                yield from self._schema(f"{name}: header {header}", *schemas, "response")
            yield from self._content(name, before[status], after[status], "response")

    def _content(self, where: str, old: Json, new: Json, way: Way) -> Iterator[str]:
        for media_type, content in old.get("content", {}).items():
            if media_type not in new.get("content", {}):
                yield f"{where}: {media_type}: removed"
                continue
            schemas = content.get("schema", {}), new["content"][media_type].get("schema", {})
            yield from self._schema(where, *schemas, way)

    def _schema(self, where: str, old: Json, new: Json, way: Way) -> Iterator[str]:
        if way == "request":
            yield from _Containment(self._old, self._new, removals_matter=False).misfits(where, old, new)
        else:
            yield from _Containment(self._new, self._old, removals_matter=True).misfits(where, new, old)


class _Containment:
    """Whether each value of a schema, `inner`, is one of another schema, `outer`.

    With `removals_matter`, a property that outer has and inner lacks is a misfit even where it is optional: clients
    may read it.
    """

    def __init__(self, inner_document: Json, outer_document: Json, *, removals_matter: bool):
        self._documents = inner_document, outer_document
        self._removals_matter = removals_matter
        self._under_way: list[tuple[str | None, str | None]] = []

    def misfits(self, where: str, inner: Json, outer: Json) -> Iterator[str]:
        """A line for each way in which a value of inner may not be one of outer."""
        references = inner.get("$ref"), outer.get("$ref")
        if references in self._under_way:
            return  # A schema that holds itself: where it differs is found already.
        if any(references):
            self._under_way.append(references)
        yield from self._misfits(where, inner, outer)
        if any(references):
            self._under_way.remove(references)

    def _misfits(self, where: str, inner: Json, outer: Json) -> Iterator[str]:
        inner, outer = (_resolved(*pair) for pair in zip((inner, outer), self._documents, strict=True))
        for keyword in sorted({*inner, *outer} - _UNDERSTOOD):
            if inner.get(keyword) != outer.get(keyword):
                yield f"{where}: {keyword} changed, which this check doesn't understand"
        choices = [schema.get("anyOf") or schema.get("oneOf") for schema in (inner, outer)]
        if any(choices):
            for choice in choices[0] or [inner]:
                if all(any(self.misfits(where, choice, other)) for other in choices[1] or [outer]):
                    yield f"{where}: {_describe(choice)}: not among the alternatives on both sides"
            return
        yield from self._scalar(where, inner, outer)
        yield from self._object(where, inner, outer)
        if "items" in outer:
            yield from self.misfits(f"{where}[]", inner.get("items", {}), outer["items"])

    def _scalar(self, where: str, inner: Json, outer: Json) -> Iterator[str]:
        if not _types(inner) <= _types(outer):
            yield f"{where}: type changed"
        if "enum" in outer:
            more = [value for value in inner.get("enum", ["any value"]) if value not in outer["enum"]]
            if more:
                yield f"{where}: enum: {', '.join(map(str, more))}: not on both sides"
        for bound, sign in _BOUNDS.items():
            if bound in outer and (bound not in inner or sign * inner[bound] > sign * outer[bound]):
                yield f"{where}: {bound} changed"
        for keyword in _EXACT:
            if keyword in outer and inner.get(keyword) != outer[keyword]:
                yield f"{where}: {keyword} changed"

    def _object(self, where: str, inner: Json, outer: Json) -> Iterator[str]:
        has, wants = inner.get("properties", {}), outer.get("properties", {})
        for name in outer.get("required", []):
            if name not in inner.get("required", []):
                yield f"{where}.{name}: {'required on one side only' if name in has else 'on one side only'}"
        for name, schema in wants.items():
            if name in has:
                yield from self.misfits(f"{where}.{name}", has[name], schema)
            elif self._removals_matter and name not in outer.get("required", []):
                yield f"{where}.{name}: removed"
        closed = outer.get("additionalProperties") is False
        if closed and inner.get("additionalProperties") is not False:
            yield f"{where}: unknown properties are no longer on both sides"
        for name in has:
            if closed and name not in wants:
                yield f"{where}.{name}: on one side only"
        if isinstance(outer.get("additionalProperties"), dict):
            yield from self.misfits(
                f"{where}.*", _open(inner.get("additionalProperties")), outer["additionalProperties"]
            )


def _parameters(operation: Json) -> dict[tuple[str, str], Json]:
    return {(each["in"], each["name"]): each for each in operation.get("parameters", [])}


def _resolved(schema: Json, document: Json) -> Json:
    """The schema that a reference stands for, with what stands beside the reference."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    target: Any = document
    for part in reference.removeprefix("#/").split("/"):
        target = target[part]
    return {**_resolved(target, document), **{key: value for key, value in schema.items() if key != "$ref"}}


def _types(schema: Json) -> set[str]:
    """The types that a schema allows: all when it names none; an integer is a number, too."""
    kind = schema.get("type", _TYPES)
    types = {kind} if isinstance(kind, str) else set(kind)
    return types | {"integer"} if "number" in types else types


def _open(schema: Any) -> Json:
    return schema if isinstance(schema, dict) else {}


def _describe(schema: Json) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2] or str(schema.get("type", "an alternative"))
