-- Judge every row that was there by the rules that are in force now, and note that it was done.

do :body
