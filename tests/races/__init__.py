"""Sessions at random against a model of the machine: ``make soak-races``.

| module | |
|---|---|
| `inn.sql`, `inn.yaml` | the table, and its machine as the compiler reads it |
| `model`, `inn` | the machine once more, as pure functions; a kind of rule is a `Feature` |
| `operations` | what a session may do, rolled by dice; a kind is a class and a line in `ROLLS` |
| `session` | one client, its transactions and retries |
| `judging` | one statement, by the rows that the triggers of the table told of |
| `ledger` | all that was committed: order, table, history, claims, and what others saw |
| `rounds`, `report`, `__main__` | a round; what was found; the command |
"""
