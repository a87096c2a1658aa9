-- One step of a migration that is written without a database: it asks when it runs.

do :body;
