import type { SqlClient } from "../../../local/database/sql-client.ts";
import { listApiFunctions } from "../support/api-functions.ts";

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
  const one = (await listApiFunctions(client)).find((listed) => listed.name === name);
  if (!one) throw new Error(`nobody may call ${name}`);
  const required = one.parameters.filter(({ hasDefault }) => !hasDefault);
  return Object.fromEntries(required.map(({ name, type }) => {
    if (!Object.hasOwn(examples, type)) throw new Error(`there is no example of ${type}`);
    return [name, examples[type]];
  }));
}
