select interlock.watch(:'machine', :'asked');
