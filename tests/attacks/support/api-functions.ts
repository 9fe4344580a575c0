import type { SqlClient } from "../../../local/database/sql-client.ts";
import type { Persona, TestDatabase } from "../../support/test-database.ts";
import type { Arguments } from "./right-arguments.ts";
import { undone } from "./undone.ts";

/** A function of the API, as one of the roles may call it. */
export type ApiFunction = {
  name: string;
  role: "authenticated" | "service_role";
  parameters: { name: string; type: string; hasDefault?: boolean }[];
};

/** Every function of the API, once for each role that may call it. */
export function listApiFunctions(db: Pick<SqlClient, "query">): Promise<ApiFunction[]> {
  return db.query<ApiFunction>(
    `select function.proname as name, role.name as role, coalesce((
       select jsonb_agg(jsonb_build_object(
         'name', function.proargnames[argument.position],
         'type', format_type(argument.type, null),
         'hasDefault', argument.position > function.pronargs - function.pronargdefaults
       ) order by argument.position)
       from unnest(function.proargtypes) with ordinality as argument (type, position)
     ), '[]') as parameters
     from pg_proc as function
     cross join (values ('authenticated'), ('service_role')) as role (name)
     where function.pronamespace = 'public'::regnamespace and function.prokind = 'f'
       and has_function_privilege(role.name, function.oid, 'execute')
     order by 1, 2`,
  );
}

/**
 * The SQLSTATE that a call fails with, null when it does not; undone in either case. `before` are
 * statements of the caller's own in the same transaction.
 */
export async function callApiFunction(
  db: TestDatabase,
  user: Persona,
  { name, role, parameters }: ApiFunction,
  given: Arguments,
  before: string[] = [],
): Promise<string | null> {
  const list = parameters.map((parameter, at) =>
    `${parameter.name} => $${at + 1}::text::${parameter.type}`
  );
  const values = parameters.map((parameter) => given[parameter.name] ?? null);
  try {
    await undone(db, role === "service_role" ? role : user, async (client) => {
      for (const statement of before) await client.query(statement);
      await client.query(`select * from public.${name}(${list})`, values);
    });
    return null;
  } catch (error) {
    return String((error as { code?: string }).code);
  }
}
