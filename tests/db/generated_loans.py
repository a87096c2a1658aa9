"""Loans and votes: together they have a rule of every kind, for the tests from a spec."""

# What the machine of loans names, and the tests make where it is not there yet.
ROLES = ("generated_boss", "generated_till", "interlock_try_owner", "interlock_try_application")

LOAN_TABLES = """
create schema depot;
create table depot.book (
    id bigint primary key, shelf text not null, is_out boolean not null default false
);
create table depot.loan (
    part integer not null,
    id bigint not null,
    status text not null,
    book bigint,
    borrower integer not null,
    since date not null,
    till date,
    amount integer not null,
    note text,
    paid_at timestamptz,
    out_at timestamptz,
    back_at timestamptz,
    lost_at timestamptz,
    primary key (part, id)
);
"""
LOAN_SPEC = """
interlock: 1
machines:
  loan:
    table: depot.loan
    state: status
    mode: enforce
    initial: [ASKED]
    final: [CLOSED, DROPPED, PAID]
    transitions:
      lend: {from: ASKED, to: OUT, guard: {on: depot.book, key: book, check: shelf <> 'repair'}}
      drop: {from: ASKED, to: DROPPED, reason: required}
      give_back: {from: OUT, to: BACK, guard: amount > 5}
      close: {from: BACK, to: CLOSED}
      lose: {from: OUT, to: LOST, approvals: {count: 2, by: [generated_boss]}}
      settle: {from: LOST, to: PAID, by: [generated_till]}
    stamps:
      out_at: OUT
      back_at: {state: BACK, fill: always}
      lost_at: {state: LOST, fill: never}
    states:
      OUT: {require: [book], freeze: [borrower]}
      LOST: {forbid: [paid_at]}
      DROPPED: {clear: [book]}
      CLOSED: {freeze: "*"}
    invariants:
      amount_is_there: amount > 0
      loss_is_told: {check: note is not null, in: [LOST]}
    claims:
      book: {resource: [book], in: [OUT]}
      visit: {resource: [borrower], during: "daterange(since, till)", in: [OUT]}
    mirrors:
      is_out: {table: depot.book, key: book, column: is_out, in: [OUT]}
    reactions:
      paid_closes: {when: paid_at is not null, event: close}
    deadlines: {OUT: 30 days}
    deletion: {from: [ASKED]}
    audit: {columns: [note], actor: required}
    outbox: {channel: loan}
    continuity: online
    funnel: true
"""

VOTE_TABLES = """
create schema depot;
create table depot.vote (id bigint primary key, status text not null, note text);
"""
VOTE_SPEC = """
interlock: 1
machines:
  vote:
    table: depot.vote
    state: status
    mode: enforce
    initial: [DRAFT]
    final: [DONE]
    transitions:
      send: {from: DRAFT, to: SENT, approvals: {count: 2}}
      end: {from: SENT, to: DONE, reason: required}
    deletion: {from: [DRAFT]}
    audit: {columns: [note], actor: signed}
"""
