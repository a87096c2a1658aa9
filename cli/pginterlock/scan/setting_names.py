"""What sets an attribute by its name: ``setattr``, and what stands for it in a module. Pure."""

import ast
import re

from pginterlock.scan.modules import Module

_ALIAS = re.compile(r"(?<=\n)(\w+)[ \t]*=[ \t]*(?:setattr|\w+\.__setattr__)[ \t]*(?=[#\n])")
_SETTING = frozenset(["setattr", "__setattr__", "set_attribute"])


def setting_names(module: Module) -> frozenset[str]:
    """Return the names that set an attribute: also ``put = object.__setattr__`` at the top."""
    if "setattr" not in module.text:
        return _SETTING
    return _SETTING.union(_ALIAS.findall(module.text))


def is_setting(func: ast.AST, module: Module) -> bool:
    """Say whether *func*, called with an object, a name and a value, sets the attribute."""
    match func:
        case ast.Name(id=name):
            return name == "setattr" or name in setting_names(module) - _SETTING
        case ast.Attribute(attr=name):
            return name == "__setattr__"
    return False
