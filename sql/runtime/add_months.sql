-- Make the partitions of a history for this month and some more, where they are not there yet.
--
-- A month whose entries lie in the default partition already stays there: nothing is lost by that.
-- Only the owner of the schema calls it, from apply.

create or replace function interlock.add_months(p_audit text, p_ahead integer)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_month     timestamp;  -- in UTC
    v_from      timestamptz;
    v_to        timestamptz;
    v_partition text;
    v_is_taken  boolean;
begin
    for v_offset in 0..p_ahead loop
        v_month := date_trunc('month', now() at time zone 'UTC')
            + make_interval(months => v_offset);
        v_from := v_month at time zone 'UTC';
        v_to := (v_month + interval '1 month') at time zone 'UTC';
        v_partition := p_audit || to_char(v_month, '_YYYY_MM');
        continue when to_regclass(format('interlock.%I', v_partition)) is not null;
        execute format(
            'select exists (select from interlock.%I where at >= %L and at < %L)',
            p_audit || '_default', v_from, v_to
        ) into v_is_taken;
        continue when v_is_taken;
        execute format(
            'create table interlock.%I partition of interlock.%I for values from (%L) to (%L)',
            v_partition, p_audit, v_from, v_to
        );
        execute format(
            'create trigger interlock_20_once before truncate on interlock.%I'
            ' for each statement execute function interlock.refuse_history_change()',
            v_partition
        );
        execute format(
            'alter table interlock.%I enable always trigger interlock_20_once', v_partition
        );
    end loop;
end;
$$;

comment on function interlock.add_months(text, integer) is
'Makes the monthly partitions of a history that are still missing.';

revoke execute on function interlock.add_months(text, integer) from public;
