-- Keys and tokens of the tests' own, where actors are signed. Written by interlock.
--
-- The secret is drawn by the server, inside the transaction of the tests, is told to nobody, and goes
-- with that transaction: no secret of anybody else's is needed, or read.

create function pg_temp.make_key(p_key_id text, p_not_after timestamptz default null)
    returns void
    language plpgsql
as $$
declare
    v_secret constant bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
    v_inner  bytea := decode(repeat('36', 64), 'hex');
    v_outer  bytea := decode(repeat('5c', 64), 'hex');
begin
    for v_at in 0..31 loop
        v_inner := set_byte(v_inner, v_at, get_byte(v_inner, v_at) # get_byte(v_secret, v_at));
        v_outer := set_byte(v_outer, v_at, get_byte(v_outer, v_at) # get_byte(v_secret, v_at));
    end loop;
    insert into interlock.actor_key (key_id, inner_pad, outer_pad, not_after)
    values (p_key_id, v_inner, v_outer, p_not_after);
end;
$$;

create function pg_temp.token(
    p_actor text, p_key_id text default 'interlock-try', p_challenge text default null,
    p_lasts interval default '1 hour'
)
    returns text
    language plpgsql
as $$
declare
    v_head constant text := concat_ws(
        ':', 'il1', p_key_id, floor(date_part('epoch', clock_timestamp() + p_lasts))::bigint,
        coalesce(p_challenge, interlock.challenge())
    );
    v_mac  text;
begin
    select
        encode(
            sha256(k.outer_pad || sha256(k.inner_pad || convert_to(v_head || ':' || p_actor, 'UTF8'))),
            'hex'
        )
    into v_mac
    from interlock.actor_key as k
    where k.key_id = p_key_id;
    return v_head || ':' || v_mac || ':' || p_actor;
end;
$$;

-- A token with the signature of nobody: what a forger has who does not know the secret.
create function pg_temp.forged(p_token text)
    returns text
    language sql
as $$
    select replace(p_token, t.mac, encode(sha256(convert_to(t.mac, 'UTF8')), 'hex'))
    from split_part(p_token, ':', 5) as t (mac)
$$;
