-- Read a token of the authentication service: its actor, its key, and what is wrong with it.
--
-- A token is il1:KEY:EXPIRES:CHALLENGE:MAC:ACTOR, its MAC the HMAC-SHA256 of all the rest in UTF-8,
-- made of two calls of sha256 over the padded keys. The answer holds a fault, or none and the actor.
-- Nothing is said of an actor before the MAC is right. The guards of machines whose actors are signed
-- call it for each entry that they write.

create or replace function interlock.read_token(p_token text)
    returns text[]
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_part      constant text[] := string_to_array(p_token, ':');
    v_head      text;
    v_actor     text;
    v_inner     bytea;
    v_outer     bytea;
    v_not_after timestamptz;
begin
    if coalesce(p_token, '') = '' then
        return array[null, null, 'no token is given'];
    end if;
    if v_part[1] <> 'il1' or cardinality(v_part) < 6
        or v_part[3] !~ '^[0-9]{1,12}$' or v_part[5] !~ '^[0-9a-f]{64}$'
    then
        return array[null, null, 'this is no token'];
    end if;
    v_head := concat_ws(':', 'il1', v_part[2], v_part[3], v_part[4]);
    v_actor := substr(p_token, length(v_head) + 67);
    if v_actor !~ '\S' then
        return array[null, null, 'it names nobody'];
    end if;
    select k.inner_pad, k.outer_pad, k.not_after into v_inner, v_outer, v_not_after
    from interlock.actor_key as k
    where k.key_id = v_part[2];
    if sha256(v_outer || sha256(v_inner || convert_to(v_head || ':' || v_actor, 'UTF8')))
        is distinct from decode(v_part[5], 'hex')
    then
        return array[null, null, 'it was not signed with a key that is known here'];
    end if;
    if v_not_after <= clock_timestamp() then
        return array[null, null, 'its key is retired'];
    end if;
    if v_part[3]::bigint <= date_part('epoch', clock_timestamp()) then
        return array[null, null, 'it has expired'];
    end if;
    -- One of this transaction is told without a call of another function: that is the usual one.
    if v_part[4] = concat('transaction.', pg_backend_pid(), '.', pg_current_xact_id()) then
        return array[v_actor, v_part[2], null];
    end if;
    if v_part[4] not like 'connection.%' or v_part[4] <> interlock.challenge('connection') then
        return array[null, null, 'it was signed for another transaction or connection'];
    end if;
    return array[v_actor, v_part[2], null];
end;
$$;

comment on function interlock.read_token(text) is
'Reads a token: its actor, its key, and what is wrong with it.';

revoke execute on function interlock.read_token(text) from public;
