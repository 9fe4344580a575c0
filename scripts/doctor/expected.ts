/** What the files of this repository say that an installation has. */
export interface Expected {
  /** File names in order. */
  migrations: string[];
  functions: string[];
  /** Tables and views of schema public. */
  relations: string[];
  buckets: string[];
}

const root = new URL("../../", import.meta.url);

/** Reads it from `supabase/`: nothing is written down a second time. */
export async function readExpected(): Promise<Expected> {
  const [schema, config] = await Promise.all(
    ["supabase/schema.sql", "supabase/config.toml"].map((path) =>
      Deno.readTextFile(new URL(path, root))
    ),
  );
  const migrations = list("supabase/migrations").filter(({ name }) =>
    /^\d{14}_.+\.sql$/.test(name)
  );
  const functions = list("supabase/functions").filter(({ isDirectory }) => isDirectory);
  return {
    migrations: migrations.map(({ name }) => name).sort(),
    functions: functions.map(({ name }) => name).sort(),
    relations: namesIn(schema!, /^CREATE (?:TABLE|VIEW) public\.(\w+)/gm),
    buckets: namesIn(config!, /^\[storage\.buckets\.([\w-]+)\]/gm),
  };
}

function list(folder: string): Deno.DirEntry[] {
  return [...Deno.readDirSync(new URL(folder, root))];
}

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1]!).sort();
}
