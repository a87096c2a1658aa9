-- Take the erasable values of the violations of one key.

update interlock.violation
set :assignments
where
    machine_name = :'machine'
    and key = :key_json
