-- One guest in one room on one day, by hand.

create extension if not exists btree_gist;
alter table booking add constraint hand_claim_dates
exclude using gist (assigned_room_id with =, daterange(check_in, check_out) with &&)
where (status = 'CHECKED_IN');
