/**
 * The secret keys for `withSupabase`, with the one named cron among them. Hosted projects give it in
 * `SUPABASE_SECRET_KEYS`; `supabase start` overwrites that variable and drops others that begin with
 * `SUPABASE_`, so there it comes from `CRON_SECRET_KEY`.
 */
export function cronKeyEnv(
  environment: Record<string, string>,
): { secretKeys?: Record<string, string> } {
  const { SUPABASE_SECRET_KEYS: keys, CRON_SECRET_KEY: cron } = environment;
  const named: Record<string, string> = keys ? JSON.parse(keys) : {};
  if (named.cron || !cron) return {};
  return { secretKeys: { ...named, cron } };
}
