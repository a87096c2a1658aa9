#!/bin/sh
# Run one write with psql and say what refused it: sh refusal.sh "update ...".
# Exit code 0: written; 1: refused by a rule; 2: another error, told on stderr.
export LC_ALL=C # psql says DETAIL and HINT in the language of the client

# ON_ERROR_STOP: the first error ends it, with exit code 3; VERBOSITY: with SQLSTATE and constraint.
said=$(printf '%s\n' "$1" | psql -X -q -v ON_ERROR_STOP=1 -v VERBOSITY=verbose 2>&1 >/dev/null) && exit 0

field() { printf '%s\n' "$said" | sed -n "s/^$1: *//p" | tail -n 1; }

sqlstate=$(printf '%s\n' "$said" | sed -n 's/^.*ERROR:  *\([0-9A-Z]\{5\}\): .*/\1/p' | tail -n 1)
constraint=$(field 'CONSTRAINT NAME')

case "$sqlstate/$constraint" in
    23514/*.* | 23505/interlock_*_claim_* | 23P01/interlock_*_claim_*) ;;
    *)
        printf '%s\n' "$said" >&2
        exit 2
        ;;
esac

printf 'sqlstate    %s\n' "$sqlstate"
printf 'constraint  %s\n' "$constraint"
printf 'hint        %s\n' "$(field HINT)"
printf 'detail      %s\n' "$(field DETAIL)"
exit 1
