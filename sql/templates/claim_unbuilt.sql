drop index concurrently if exists :"schema_name".:"next_name";
