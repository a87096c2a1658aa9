"""What a condition over one row cannot contain, although PostgreSQL's grammar allows it.

Subqueries, aggregates, parameters; what changes with time, session or catalog; what is not
PostgreSQL's own and may be changed by others. Pure: a node in, a message out.
"""

import re
from collections.abc import Callable

from google.protobuf.message import Message

from pginterlock.expression_tree import children, inner, kind, names

_MAX_NAME_BYTES = 63
_KINDS = {
    "SubLink": "a subquery",
    "SelectStmt": "a subquery",
    "ParamRef": "a parameter",
    "GroupingFunc": "a grouping function",
    "WindowDef": "a window function",
    "JsonObjectAgg": "an aggregate",
    "JsonArrayAgg": "an aggregate",
    "MergeSupportFunc": "merge_action()",
    "SetToDefault": "default",
    "CurrentOfExpr": "a cursor",
    "XmlExpr": "an XML expression",
    "XmlSerialize": "an XML expression",
    "MultiAssignRef": "an assignment",
    "NamedArgExpr": "a named argument",
}
# Names of pg_catalog; a test compares them with the catalog of each server.
_AGGREGATE_WORDS = """
    any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp
    every json_agg json_agg_strict json_object_agg json_object_agg_strict json_object_agg_unique
    json_object_agg_unique_strict jsonb_agg jsonb_agg_strict jsonb_object_agg
    jsonb_object_agg_strict jsonb_object_agg_unique jsonb_object_agg_unique_strict max min mode
    percentile_cont percentile_disc range_agg range_intersect_agg regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp
    string_agg sum var_pop var_samp variance xmlagg
"""
_WINDOW_WORDS = """
    cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank
    row_number
"""
_SET_WORDS = """
    aclexplode generate_series generate_subscripts json_array_elements json_array_elements_text
    json_each json_each_text json_object_keys json_populate_recordset json_to_recordset
    jsonb_array_elements jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys
    jsonb_path_query jsonb_path_query_tz jsonb_populate_recordset jsonb_to_recordset
    regexp_matches regexp_split_to_table string_to_table ts_debug ts_parse ts_stat ts_token_type
    unnest
"""
_UNSTEADY_WORDS = """
    amvalidate array_sample array_shuffle clock_timestamp col_description current_database
    current_query current_schema current_schemas current_setting current_user currtid2 currval
    gen_random_uuid get_current_ts_config getdatabaseencoding getpgusername inet_client_addr
    inet_client_port inet_server_addr inet_server_port lastval loread lowrite mxid_age nextval now
    obj_description plpgsql_validator random random_normal row_security_active session_user
    set_config setseed setval shobj_description statement_timestamp system_user timeofday
    transaction_timestamp uuidv4 uuidv7 version
"""
AGGREGATES = frozenset(_AGGREGATE_WORDS.split())
WINDOWS = frozenset(_WINDOW_WORDS.split())
SETS = frozenset(_SET_WORDS.split())
_UNSTEADY = frozenset(_UNSTEADY_WORDS.split())
# Families that read or change the server, its catalog or its files.
_UNSTEADY_FAMILY = re.compile(
    r"pg_|lo_|txid_|has_\w+_privilege\Z|to_reg|brin_|gin_|binary_upgrade_|RI_FKey_"
    r"|(query|table|schema|database|cursor)_to_xml"
)
# With one argument these read the clock or the session.
_UNSTEADY_ALONE = {"age": "today", "timezone": "the time zone of the session"}
_CATALOG_TYPE = re.compile(r"reg(class|collation|config|dictionary|namespace|oper|proc|role|type)")
_MOMENTS = frozenset(["now", "today", "tomorrow", "yesterday"])
_TIME_TYPES = frozenset(["date", "time", "timetz", "timestamp", "timestamptz"])
_ROW_ALONE = "an expression may depend on the row alone"


def refusal(node: Message) -> str | None:
    """Return why *node* has no place in a condition over one row, or None."""
    name = kind(node)
    if name in _KINDS:
        return f"{_KINDS[name]} is not allowed here"
    judge = _JUDGES.get(name)
    return judge(node) if judge else None


def moments(node: Message) -> list[Message]:
    """Return the literals directly below *node* that the server may read as now or today.

    ``'today'::text`` is a word. ``'today'::date`` is a day that moves, and so may ``'today'`` be,
    for PostgreSQL chooses its type.
    """
    if kind(node) == "TypeCast" and names(node.type_name.names)[-1] not in _TIME_TYPES:
        return []
    return [it for it in children(node) if kind(it) == "A_Const" and _is_moment(it)]


def _is_moment(constant: Message) -> bool:
    return constant.HasField("sval") and constant.sval.sval.strip().lower() in _MOMENTS


def _column(node: Message) -> str | None:
    if len(node.fields) != 1 or kind(inner(node.fields[0])) != "String":
        return "a column is written alone, without a table"
    return None


def _indirection(node: Message) -> str | None:
    if any(kind(inner(it)) == "A_Star" for it in node.indirection):
        return "a row as a whole is not allowed here"
    return None


def _function(node: Message) -> str | None:
    words = names(node.funcname)
    name = words[-1]
    marks = (node.agg_star, node.agg_distinct, node.agg_order, node.HasField("agg_filter"))
    is_unsteady = name in _UNSTEADY or _UNSTEADY_FAMILY.match(name)
    is_alone = name in _UNSTEADY_ALONE and len(node.args) == 1
    faults = {
        _foreign(words, "function"): len(words) > 1,
        "a window function is not allowed here": node.HasField("over") or name in WINDOWS,
        "an aggregate is not allowed here": name in AGGREGATES or any(marks),
        f"{name}() returns many rows": name in SETS,
        f"{name}() depends on time, session or catalog: {_ROW_ALONE}": is_unsteady,
        f"{name}() of one argument depends on {_UNSTEADY_ALONE.get(name)}: {_ROW_ALONE}": is_alone,
    }
    return next((fault for fault, is_found in faults.items() if fault and is_found), None)


def _operator(node: Message) -> str | None:
    return _foreign(names(node.name), "operator") or _null(node)


def _null(node: Message) -> str | None:
    """Refuse ``= null``: it never holds, or means ``is null`` where a setting says so."""
    sides = (inner(node.lexpr), inner(node.rexpr))
    if names(node.name)[-1] in ("=", "<>") and any(
        kind(side) == "A_Const" and side.isnull for side in sides
    ):
        return "nothing equals null: write is null, or is not null"
    return None


def _moment(_node: Message) -> str:
    return f"this changes with time or session: {_ROW_ALONE}"


def _collation(node: Message) -> str | None:
    return _foreign(names(node.collname), "collation")


def _type(node: Message) -> str | None:
    words = names(node.names)
    if _CATALOG_TYPE.match(words[-1]):
        return f"{words[-1]} depends on the catalog: {_ROW_ALONE}"
    return _foreign(words, "type")


def _foreign(words: list[str], what: str) -> str | None:
    if len(words) > 1 and words[0] != "pg_catalog":
        return f"{what} {'.'.join(words)} is not PostgreSQL's own: anyone may change it later"
    return None


def too_long(name: str) -> str | None:
    """Return what to say of an identifier that PostgreSQL would cut."""
    if len(name.encode()) > _MAX_NAME_BYTES:
        return f"a name is longer than {_MAX_NAME_BYTES} bytes, PostgreSQL's limit"
    return None


_JUDGES: dict[str, Callable[[Message], str | None]] = {
    "A_Expr": _operator,
    "A_Indirection": _indirection,
    "CollateClause": _collation,
    "ColumnRef": _column,
    "FuncCall": _function,
    "SQLValueFunction": _moment,
    "TypeName": _type,
}
