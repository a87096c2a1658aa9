-- End the stay of one row in its state, where nobody may update it himself.

select interlock.fire(:'machine', :key_json, :'event', expect => :'expected')
