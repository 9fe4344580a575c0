import type { SqlClient } from "../../local/database/sql-client.ts";

/** Columns of `private.search_settings` and their values, as they are given: `fusion=ranks,depth=100`. */
export type Settings = [name: string, value: string][];

/** Reads settings. Throws `RangeError` for what is not a list of them. */
export function parseSettings(text: string): Settings {
  return text.split(",").map((part) => {
    const [, name, value] = /^([a-z_]+)=([a-z0-9.]+)$/.exec(part.trim()) ?? [];
    if (name && value) return [name, value];
    throw new RangeError(`${text} is not a list of settings like lead_power=0,meaning_weight=0.7`);
  });
}

/** Works while search has these settings; afterwards it has its own again. */
export async function withSettings<T>(
  database: SqlClient,
  settings: Settings,
  work: () => Promise<T>,
): Promise<T> {
  const set = (assignments: string[]) =>
    database.exec(`update private.search_settings set ${assignments.join(", ")} where id`);
  await set(settings.map(([name, value]) => `${name} = '${value}'`));
  try {
    return await work();
  } finally {
    await set(settings.map(([name]) => `${name} = default`));
  }
}
