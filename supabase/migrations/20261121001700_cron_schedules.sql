-- What pg_cron does: a safety net under the wake-ups, and its own log kept short.
select cron.schedule('maestro-tick-jobs', '5 seconds', 'select private.tick_jobs()');
select cron.schedule('maestro-sweep-jobs', '* * * * *', 'select private.sweep_jobs()');
select cron.schedule('maestro-update-search', '* * * * *', 'select private.update_search_indexes()');
select cron.schedule(
  'maestro-purge-cron-log', '17 3 * * *',
  $$delete from cron.job_run_details where end_time < now() - interval '3 days'$$
);
