comment on function :signature is :'note';
revoke execute on function :signature from public;
do :body;
:handed
