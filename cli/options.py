"""A command's options are one frozen dataclass; this turns its fields into click's options."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import click

from curate.workspace import Workspace

Function = TypeVar("Function", bound=Callable[..., Any])

PLAIN: dict[Any, click.ParamType[Any]] = {
    int: click.INT,
    float: click.FLOAT,
    str: click.STRING,
    Path: click.Path(path_type=Path),
}


def options_from(kind: type[Any]) -> Callable[[Function], Callable[..., Any]]:
    """One click option (or argument) per field of the dataclass `kind`; the command gets `options=kind(...)`.

    Metadata of a field: help, argument, short, name, min, max, hidden, shown (what help says of a default). A
    ValueError of `__post_init__` becomes a usage error.
    """
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)

    def decorate(function: Function) -> Callable[..., Any]:
        def command(*args: Any, **values: Any) -> Any:
            mine = {field.name: _as_field(values.pop(field.name), hints[field.name]) for field in fields}
            try:
                options = kind(**mine)
            except ValueError as error:
                raise click.UsageError(str(error)) from error
            return function(*args, options=options, **values)

        command.__name__ = function.__name__
        command.__doc__ = function.__doc__
        command.__click_params__ = list(getattr(function, "__click_params__", []))  # type: ignore[attr-defined] # click's own
        for field in reversed(fields):
            command = _parameter(field, hints[field.name])(command)
        return command

    return decorate


def _as_field(value: Any, hint: Any) -> Any:
    return tuple(value) if get_origin(_bare(hint)) is tuple and value is not None else value


def _bare(hint: Any) -> Any:
    """The type without `| None`."""
    if get_origin(hint) in (Union, types.UnionType):
        return next(part for part in get_args(hint) if part is not type(None))
    return hint


def _parameter(field: dataclasses.Field[Any], hint: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    bare = _bare(hint)
    default = _default(field)
    required = default is dataclasses.MISSING
    many = get_origin(bare) is tuple
    kind = _click_type(get_args(bare)[0] if many else bare, field.metadata)
    if field.metadata.get("argument"):
        return click.argument(
            field.name,
            type=kind,
            nargs=-1 if many else 1,
            required=required,
            default=None if required or many else default,
        )
    name = field.metadata.get("name", "--" + field.name.replace("_", "-"))
    if bare is bool:
        declaration = [field.name, f"{name}/--no-{name.removeprefix('--')}"]
        kept = None if default is None else bool(default)
        shown = field.metadata.get("shown", default is not None)
        return click.option(*declaration, default=kept, show_default=shown, help=field.metadata["help"])
    declarations = [field.name, name, *([field.metadata["short"]] if "short" in field.metadata else [])]
    return click.option(
        *declarations,
        type=kind,
        multiple=many,
        required=required,
        default=None if required else (default or () if many else default),
        show_default=_shown(field, default),
        help=field.metadata["help"],
        hidden=field.metadata.get("hidden", False),
    )


def _shown(field: dataclasses.Field[Any], default: Any) -> bool | str:
    if "shown" in field.metadata:
        return str(field.metadata["shown"])
    if field.default_factory is not dataclasses.MISSING:
        return "as the machine has"  # a reference must read the same on every machine
    return default not in (None, (), dataclasses.MISSING)


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _click_type(bare: Any, metadata: Any) -> click.ParamType[Any]:
    if get_origin(bare) is Literal:
        return click.Choice(list(get_args(bare)))
    low, high = metadata.get("min"), metadata.get("max")
    if bare is int and (low is not None or high is not None):
        return click.IntRange(low, high)
    if bare is float and (low is not None or high is not None):
        return click.FloatRange(low, high)
    return PLAIN.get(bare, click.STRING)


def pass_workspace(function: Function) -> Callable[..., Any]:
    """Hand the command the `Workspace` that the group's options name, as its first argument."""
    return click.make_pass_decorator(Workspace)(function)


def json_option(function: Function) -> Function:
    """`--json`: print the result for programs, and no progress."""

    def quiet(_context: click.Context, _parameter: click.Parameter, value: bool) -> bool:
        if value:
            from curate.progress import be_quiet

            be_quiet()
        return value

    return click.option("--json", "as_json", is_flag=True, callback=quiet, help="Print the result as JSON.")(function)
