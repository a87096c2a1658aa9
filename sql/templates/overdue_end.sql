-- End the stay of one row in its state.

update :relation
set :"state_column" = :'target'
where
    :key_is
    and :state_is
