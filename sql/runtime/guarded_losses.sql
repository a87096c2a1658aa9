-- What a machine has lost of what was recorded of it, and what has opened beside it.
--
-- Returns  one row for each, with the words that tell of it
--
-- A partition that holds nothing comes and goes freely: interlock.follow_partitions has seen to it.

create or replace function interlock.guarded_losses(p_machine text)
    returns table (kind text, relation oid, name text, told text)
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with gone as (
        select g.relation::oid as oid, g.name, g.is_lost
        from interlock.guarded as g
        where
            g.machine_name = p_machine and g.kind = 'partition'
            and not exists (
                select from interlock.openings(p_machine) as o
                where o.kind = 'partition' and o.relation = g.relation
            )
    )
    select
        g.kind, g.relation::oid, g.name,
        concat_ws(
            ' ',
            case g.kind
                when 'other' then 'table'
                when 'persistence' then 'table ' || g.relation::regclass::text
                when 'owner' then 'the owner of ' || g.relation::regclass::text
                when 'label' then 'value'
                else g.kind
            end,
            case when g.kind in ('table', 'other') then g.facts else nullif(g.name, '') end,
            case
                when g.kind = 'persistence' and f.facts = 'u' then 'is unlogged'
                when g.kind = 'label' then 'is gone'
                when f.facts is null and g.kind = 'column' and interlock.column_now(g.place) <> g.name
                    then 'is now called ' || interlock.column_now(g.place)
                when f.facts is null then 'is gone'
                when g.kind in ('table', 'other') then 'is now ' || f.facts
                when g.kind = 'owner' then 'is now ' || f.facts
                when g.kind = 'column' then 'is now of type ' || f.facts
                when g.kind = 'trigger' and left(f.facts, 1) = 'D' then 'is off'
                when g.kind = 'trigger' and left(f.facts, 1) <> 'A' then 'is not always on'
                when g.kind = 'check' and starts_with(f.facts, 'false') then 'is not enforced'
                else 'is changed'
            end
        )
    from interlock.guarded as g
    cross join lateral interlock.guarded_fact(g.kind, g.relation, g.name) as f (facts)
    where
        g.machine_name = p_machine
        and not g.is_lost
        and g.kind not in ('rule', 'child', 'partition', 'constraint', 'grant', 'was')
        and f.facts is distinct from g.facts
        -- of a table that is gone there is no name any more, and it tells of itself
        and not (g.kind in ('persistence', 'owner') and f.facts is null)
        and g.relation not in (select it.oid from gone as it)
    union all
    select 'partition', it.oid, it.name, 'partition ' || it.name || ' is taken off with its rows'
    from gone as it
    where not it.is_lost
    union all
    select
        g.kind, g.relation::oid, g.name,
        format('a %s called %s stands beside %s, which was called so', g.facts, g.name, g.followed)
    from interlock.guarded as g
    where
        g.machine_name = p_machine and g.kind = 'was' and not g.is_lost and case g.facts
            when 'column' then exists (
                select from pg_attribute as a
                where a.attrelid = g.relation and a.attname = g.name and not a.attisdropped
            )
            else exists (
                select from pg_class as c
                join pg_namespace as n on n.oid = c.relnamespace
                where
                    n.nspname = split_part(g.name, '.', 1)
                    and c.relname = split_part(g.name, '.', 2)
                    and c.oid <> g.relation and c.relkind in ('r', 'p', 'f', 'm')
            )
        end
    union all
    select
        o.kind, o.relation, o.name,
        case o.kind
            when 'rule' then 'rule ' || o.name || ' rewrites what is written'
            when 'child' then 'the rows of ' || o.name || ', which inherits, are not guarded'
            when 'partition' then 'partition ' || o.name || ' brings rows that were not judged'
            when 'constraint' then 'constraint ' || o.name || ' is not enforced'
            else 'a grant of ' || o.name
        end
    from interlock.openings(p_machine) as o
    where not exists (
        select from interlock.guarded as g
        where
            g.machine_name = p_machine and g.kind = o.kind and g.relation = o.relation
            and (g.name = o.name or o.kind = 'partition')
    );
end;
$$;

comment on function interlock.guarded_losses(text) is
'What a machine has lost of what was recorded of it, and what has opened beside it.';

revoke execute on function interlock.guarded_losses(text) from public;
