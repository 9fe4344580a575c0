import type { SqlClient } from "../../local/database/sql-client.ts";

const header = `# Definer functions

Written by \`npm run types\` from the comments in the migrations. Each of these acts with the rights of its owner and not of its caller; [security](security.md) says why there are any, and argues for those that users may call. "See" means that the reason is the named function's.

| function | who may call it | why it is a definer |
|---|---|---|
`;

/** The page docs/definer-functions.md: every definer function of the product, and why it is one. */
export async function listDefiners(client: Pick<SqlClient, "query">): Promise<string> {
  const rows = await client.query<{ name: string; callers: string; reason: string }>(`
    select proc.oid::regprocedure::text as name,
      case
        when proc.prorettype = 'trigger'::regtype then 'nobody: a trigger'
        else coalesce(
          (
            select string_agg(case role.name when 'authenticated' then 'users' else 'workers and operators' end, ', ' order by role.name)
            from (values ('authenticated'), ('service_role')) as role (name)
            where has_function_privilege(role.name, proc.oid, 'execute')
          ),
          'nobody: cron, or other functions'
        )
      end as callers,
      substring(obj_description(proc.oid, 'pg_proc') from '\\mDefiner: (.*)$') as reason
    from pg_proc as proc
    where proc.prosecdef and proc.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    order by proc.oid::regprocedure::text collate "C"`);
  return header +
    rows.map(({ name, callers, reason }) => `| \`${name}\` | ${callers} | ${reason} |\n`).join("");
}
