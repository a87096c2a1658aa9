-- A check-in that somebody else has approved of, by hand: taken by the move.

create table hand_approval (
    id         bigint generated always as identity primary key,
    booking_id bigint not null,
    given_by   text not null default session_user,
    taken_at   timestamptz
);
create index on hand_approval (booking_id);
create function hand_approvals() returns trigger language plpgsql as $$
declare
    v_id bigint;
begin
    select a.id into v_id
    from hand_approval as a
    where a.booking_id = new.id and a.taken_at is null and a.given_by <> session_user
    limit 1
    for update;
    if v_id is null then
        raise exception 'not approved';
    end if;
    update hand_approval set taken_at = clock_timestamp() where id = v_id;
    return null;
end;
$$;
create trigger hand_approvals after update on booking
for each row when (old.status = 'CONFIRMED' and new.status = 'CHECKED_IN')
execute function hand_approvals();
