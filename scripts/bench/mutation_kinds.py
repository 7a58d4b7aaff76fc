"""The small changes that `bench.mutation` makes to a module's syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

__all__ = ["changed_nodes"]

Change = Callable[[], None]
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Add,), ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,), ast.Mod: (ast.FloorDiv,), ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,), ast.LShift: (ast.RShift,), ast.MatMult: (ast.Mult,),
}  # fmt: skip
_UNARY: dict[type[ast.unaryop], ast.unaryop | None] = {
    ast.Not: None, ast.Invert: None, ast.USub: ast.UAdd(),
}  # fmt: skip


def changed_nodes(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, Change]]:
    """Yields the nodes that can be changed, each with the function that changes it.

    Annotations, docstrings, messages of errors and the list of public names are left alone.
    """
    for node in _of_code(tree):
        for change in _changes(node):
            yield node, change


def _of_code(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Yields expressions and statements that say what is computed."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_params", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_talk(child):
                continue
            if isinstance(child, (ast.expr, ast.stmt)):
                yield child
            yield from _of_code(child)


def _is_talk(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
        return False
    return node.targets[0].id in ("msg", "__all__")


def _changes(node: ast.expr | ast.stmt) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        for i, operator in enumerate(node.ops):
            for other in _COMPARISONS[type(operator)]:
                yield lambda i=i, other=other: _put(node.ops, i, other())  # type: ignore[misc]
    elif isinstance(node, ast.BoolOp):
        other_bool = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield lambda: setattr(node, "op", other_bool)
    elif isinstance(node, (ast.BinOp, ast.AugAssign)):
        for swapped in _OPERATORS.get(type(node.op), ()):
            yield lambda swapped=swapped: setattr(node, "op", swapped())  # type: ignore[misc]
    elif isinstance(node, ast.UnaryOp):
        yield lambda: setattr(node, "op", _UNARY[type(node.op)] or ast.UAdd())
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node)
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.Return) and node.value is not None:
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield lambda: setattr(node, "value", ast.Constant(None))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield lambda: setattr(node, "value", ast.Constant(None))


def _of_constant(node: ast.Constant) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield lambda: setattr(node, "value", not value)
    elif isinstance(value, (int, float)):
        yield lambda: setattr(node, "value", value + 1)


def _put(items: list[ast.cmpop], i: int, item: ast.cmpop) -> None:
    items[i] = item
