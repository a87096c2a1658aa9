-- How long values of a table's columns may be: in characters, or in digits before the point.

select
    c.column_name::text as column_name,
    coalesce(c.character_maximum_length, c.numeric_precision - c.numeric_scale)::integer as longest
from information_schema.columns as c
where
    c.table_schema = %(schema)s
    and c.table_name = %(table)s
    and (
        c.character_maximum_length is not null
        or (c.data_type = 'numeric' and c.numeric_precision is not null)
    );
