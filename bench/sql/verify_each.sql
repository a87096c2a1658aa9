-- The same ten rules the plain way: one query for each.

select count(*) from booking where (status in ('PENDING', 'PENDING_APPROVAL', 'CONFIRMED', 'CHECKED_IN', 'CHECKED_OUT', 'CANCELLED', 'NO_SHOW')) is not true;
select count(*) from booking where ((status in ('CHECKED_IN', 'CHECKED_OUT')) = (checked_in_at is not null)) is not true;
select count(*) from booking where ((status in ('CHECKED_OUT')) = (checked_out_at is not null)) is not true;
select count(*) from booking where ((status in ('CANCELLED')) = (cancelled_at is not null)) is not true;
select count(*) from booking where (status <> 'CHECKED_IN' or assigned_room_id is not null) is not true;
select count(*) from booking where (status <> 'CHECKED_OUT' or assigned_room_id is not null) is not true;
select count(*) from booking where (status <> 'CANCELLED' or assigned_room_id is null) is not true;
select count(*) from booking where (check_out > check_in) is not true;
select count(*) from booking where (refund_processed_at is null or payment_captured_at is not null) is not true;
select count(*) from booking where (status <> 'CHECKED_IN' or deposit > 0) is not true;
