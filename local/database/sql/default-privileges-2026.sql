-- Hosted projects made since 2026: nothing is granted but what was never safe to leave granted.
alter default privileges in schema public
  grant truncate, references, trigger on tables to anon, authenticated;
alter default privileges in schema public
  grant execute on functions to anon;
