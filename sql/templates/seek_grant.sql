-- Let the owner of schema interlock, as whom the triggers judge, read what tells which rows hold the same.

do :body;
