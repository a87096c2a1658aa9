-- The registry: which machines exist, their states, the moves each one allows, and their rules.

set local lock_timeout = '2s';

create table interlock.machine (
    machine_name    text        not null,
    table_oid       regclass    not null,
    schema_name     text        not null,
    table_name      text        not null,
    state_column    text        not null,
    state_attnum    smallint    not null,
    key_columns     text[]      not null,
    mode            text        not null,
    checks          text        not null,
    continuity      text        not null,
    definition      jsonb       not null,
    version         integer     not null default 1,
    adopted_rows    bigint      not null,
    adopted_digest  numeric     not null,
    adopted_after   bigint      not null,
    applied_at      timestamptz not null default now(),
    applied_by      text        not null default session_user,

    constraint machine_pk primary key (machine_name),
    constraint machine_one_per_column unique (table_oid, state_column),
    constraint machine_mode_known check (mode in ('observe', 'ratchet', 'enforce')),
    constraint machine_checks_known check (checks in ('function', 'native', 'trigger')),
    constraint machine_continuity_known check (continuity in ('verify', 'online')),
    constraint machine_version_counts_from_1 check (version >= 1)
);

create table interlock.state (
    machine_name    text    not null,
    state_name      text    not null,
    is_initial      boolean not null,
    is_final        boolean not null,

    constraint state_pk primary key (machine_name, state_name),
    constraint state_of_machine foreign key (machine_name)
    references interlock.machine on delete cascade
);

create table interlock.transition (
    machine_name    text not null,
    event_name      text not null,
    from_state      text not null,
    to_state        text not null,
    guard           text,

    constraint transition_pk primary key (machine_name, from_state, to_state, event_name),
    constraint transition_of_machine foreign key (machine_name)
    references interlock.machine on delete cascade,
    constraint transition_changes_state check (from_state <> to_state)
);

create table interlock.rule (
    machine_name    text not null,
    code            text not null,
    rule_name       text not null,
    predicate       text,

    constraint rule_pk primary key (machine_name, code, rule_name),
    constraint rule_of_machine foreign key (machine_name)
    references interlock.machine on delete cascade,
    constraint rule_code_known check (code ~ '^IL[0-9]{2}$')
);

comment on table interlock.schema_version is 'The revision that this schema is of; kept by Alembic.';
comment on table interlock.machine is 'One row for each state column that is under a machine.';
comment on table interlock.state is 'The states of each machine.';
comment on table interlock.transition is
'The allowed moves. A move that is not listed here is refused.';
comment on table interlock.rule is 'The rules of each machine; the predicate is true of a sound row.';
comment on column interlock.machine.adopted_rows is
'How many rows were there before the machine, and so have no birth in the history.';
comment on column interlock.machine.adopted_digest is
'The sum of the hashes of their keys and states: none can be swapped or moved unseen.';
comment on column interlock.machine.adopted_after is
'The last entry of an older history: what came before is not held against the rows.';
