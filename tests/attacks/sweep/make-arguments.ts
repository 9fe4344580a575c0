import type { SqlClient } from "../../../local/database/sql-client.ts";

/** Something of each type that functions take. */
const examples: Record<string, unknown> = {
  text: "x",
  uuid: "00000000-0000-4000-8000-000000000000",
  jsonb: {},
  integer: 1,
  bigint: 1,
  real: 0.5,
  "double precision": 0.5,
  boolean: false,
  interval: "1 hour",
  "timestamp with time zone": "2030-01-01T00:00:00Z",
  "text[]": ["x"],
  "uuid[]": ["00000000-0000-4000-8000-000000000000"],
};

/** Arguments of the right names and types, for those that have no default. */
export async function argumentsOf(
  client: Pick<SqlClient, "query">,
  name: string,
): Promise<Record<string, unknown>> {
  const rows = await client.query<{ argument: string; type: string }>(
    `select argument.name as argument, argument.type::regtype::text as type
     from pg_catalog.pg_proc as proc
     cross join unnest(proc.proargnames, proc.proargtypes::oid[])
       with ordinality as argument (name, type, position)
     where proc.pronamespace = 'public'::regnamespace and proc.proname = $1
       and argument.position <= proc.pronargs - proc.pronargdefaults`,
    [name],
  );
  return Object.fromEntries(rows.map(({ argument, type }) => {
    if (!Object.hasOwn(examples, type)) throw new Error(`there is no example of ${type}`);
    return [argument, examples[type]];
  }));
}
