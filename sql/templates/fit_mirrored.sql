-- What keeps a mirror from following all rows.

select format(
    '%s has row security, behind which nobody can be sure to see every row that a mirror follows',
    :'told_table'
)
from (
    :place
) as p
where p.has_row_security;
