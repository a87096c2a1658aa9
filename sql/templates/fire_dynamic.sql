update :relation as t set :"state_column" = :new_state, %s from pg_catalog.jsonb_to_record($2) as s (%s) where :key_match returning :row_state
