-- The role that owns schema interlock: it cannot log in, and no application is a member of it.

create role :"owner" nologin;
