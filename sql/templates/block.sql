-- One step of a script that is written without its database: it asks when it runs.

do :body;
