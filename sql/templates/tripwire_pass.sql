select interlock.let_through(:'machine');
