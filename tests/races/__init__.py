"""Sessions at random against a model of the machine: ``make soak-races``.

| module | |
|---|---|
| `inn.sql`, `approvals.sql`, `inn.yaml` | the tables, and their machine as the compiler reads it |
| `model`, `inn` | the machine once more, as pure functions; a kind of rule is a `Feature` |
| `reacting`, `rooms` | its reactions and its mirror, by hand |
| `operations`, `dice` | what a session may do; a kind is a class, and a line in `ROLLS` |
| `session` | one client, its transactions and retries |
| `attempt`, `judging`, `approving` | one statement, by the rows that the triggers told of |
| `ledger` | all that was committed: order, table, history, claims, and what others saw |
| `ledger_rooms`, `ledger_approvals` | of that, what the machine wrote of rooms, and approvals |
| `rounds`, `report`, `__main__` | a round; what was found; the command |
"""
