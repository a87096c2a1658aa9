"""What the names of Django and SQLAlchemy mean to a reader. Pure: data only."""

# Methods of a queryset, a query or a statement that give the same again.
SAME = frozenset(
    [
        "all",
        "filter",
        "exclude",
        "order_by",
        "select_related",
        "prefetch_related",
        "select_for_update",
        "using",
        "annotate",
        "alias",
        "distinct",
        "only",
        "defer",
        "none",
        "union",
        "intersection",
        "difference",
        "reverse",
        "complex_filter",
        "extra",
        "iterator",
        "raw",
        "get_queryset",
        "where",
        "filter_by",
        "join",
        "outerjoin",
        "options",
        "limit",
        "offset",
        "with_for_update",
        "group_by",
        "having",
        "select_from",
        "add_columns",
        "execution_options",
        "populate_existing",
        "unique",
        "scalars",
        "fetchall",
        "yield_per",
        "with_entities",
        "enable_eagerloads",
        "params",
        "prefix_with",
        "returning",
        "correlate",
        "as_manager",
        "aiterator",
        "active_objects",
        "execute",
        "fetchmany",
        "partitions",
        "with_hint",
        "suffix_with",
        "tuples",
        "slice",
        "copy",
    ]
)
# Methods that give one of them.
ONE = frozenset(
    [
        "get",
        "first",
        "last",
        "latest",
        "earliest",
        "create",
        "one",
        "one_or_none",
        "scalar",
        "scalar_one",
        "scalar_one_or_none",
        "aget",
        "afirst",
        "alast",
        "acreate",
        "alatest",
        "aearliest",
        "get_or_none",
        "fetchone",
        "pop",
        "random",
        "get_by_natural_key",
        "one_or_404",
        "first_or_404",
        "get_or_404",
    ]
)
PAIR = frozenset(["get_or_create", "update_or_create", "aget_or_create", "aupdate_or_create"])
NOT_OBJECTS = frozenset(
    [
        "values",
        "values_list",
        "count",
        "exists",
        "aexists",
        "acount",
        "delete",
        "update",
        "contains",
        "explain",
        "dates",
        "datetimes",
        "aggregate",
        "bulk_update",
        "adelete",
        "aupdate",
        "as_sql",
        "subquery",
        "cte",
        "rowcount",
    ]
)
IN_BULK = frozenset(["bulk_create", "abulk_create", "in_bulk"])
MANAGERS = frozenset(
    ["objects", "_default_manager", "_base_manager", "all_objects", "query", "_objects"]
)
QUERIES = frozenset(["BaseQuery", "Query"])
# Fields that lead to rows of another model: those that lead to one, and those that lead to many.
TO_ONE = frozenset(
    [
        "ForeignKey",
        "OneToOneField",
        "ParentalKey",
        "TreeForeignKey",
        "ForeignObject",
        "CopyingForeignKey",
        "FlexibleForeignKey",
        "TreeOneToOneField",
        "OneToOneOrNoneField",
        "DeferredForeignKey",
    ]
)
TO_MANY = frozenset(
    ["ManyToManyField", "ParentalManyToManyField", "SortedManyToManyField", "GenericRelation"]
)
RELATIONSHIPS = frozenset(["relationship", "relation", "dynamic_loader", "backref"])
LOADED = frozenset(
    ["get_model", "get_class", "get_profile_class", "get_deletable_model", "load_model"]
)
ONE_OF = frozenset(
    [
        "get_object_or_404",
        "aget_object_or_404",
        "get_or_404",
        "get_object_or_none",
        "get_object_or_400",
        "first_or_404",
        "one_or_404",
    ]
)
LIST_OF = frozenset(["get_list_or_404", "aget_list_or_404"])
SAME_AS_FIRST = frozenset(
    [
        "list",
        "sorted",
        "reversed",
        "set",
        "tuple",
        "iter",
        "filter_none",
        "chunked",
        "deepcopy",
        "copy",
        "cast",
        "deferred",
        "chain",
        "paginate_queryset",
        "filter_queryset",
        "get_polymorphic",
        "refresh_obj",
        "merge",
        "aclosing",
        "islice",
        "batched",
        "paginate",
        "aliased",
        "run_sync_in_thread",
        "ensure_instance",
        "tqdm",
        "track",
        "progressbar",
    ]
)
SELECTS = frozenset(["select", "query", "subquery"])
FACTORIES = frozenset(["DjangoModelFactory", "SQLAlchemyModelFactory"])
VALIDATING = frozenset(["model_validate", "parse_obj", "from_orm"])  # methods of Pydantic's classes
TYPED_FACTORIES = frozenset(["SQLAlchemyFactory"])  # of Polyfactory: its argument is the model
# What factories make rows by.
MAKING = frozenset(
    ["create", "build", "create_batch", "build_batch", "create_sync", "batch"]
).union(["create_batch_sync", "create_async", "create_batch_async"])
COLUMN_CALLS = frozenset(["Column", "mapped_column", "column_property", "deferred"])
# What the options of a model, ``_meta``, hold of it: itself, or a manager of that name.
OPTIONS = {
    "model": "",
    "concrete_model": "",
    "default_manager": "_default_manager",
    "base_manager": "_base_manager",
}
# Libraries all of whose functions make rows of the model that they are given.
FIXTURES = ("django_dynamic_fixture.", "ddf.")
