-- Give back what the funnel took.

revoke update on :relation from :grantee cascade;
grant update on :relation to :grantee :option;
