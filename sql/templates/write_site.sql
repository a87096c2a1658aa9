case
    -- sqlcommenter tags: the last comment, without what is different in every call.
    when right(rtrim(:statement, e' \n\t;'), 2) = '*/'
        and split_part(right(:statement, 600), '/*', -1) ~ '='''
        then regexp_replace(
            '/*' || split_part(right(:statement, 600), '/*', -1),
            'trace(?:parent|state)=''[^'']*'',?', '', 'g'
        )
    when right(rtrim(:statement, e' \n\t;'), 2) = '*/'
        then right(:statement, 600)
    else left(
        regexp_replace(:statement, '''(?:[^'']|'''')*''|\m[0-9]+(?:\.[0-9]+)?\M', '?', 'g'), 300
    )
end
