import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { userId } from "./load.ts";

/** A supabase-js client on a connection of its own. */
export interface BenchClient {
  supabase: SupabaseClient;
  close(): Promise<void>;
}

/** Who asks: the member of all organisations under row-level security, or the service role. */
export type BenchRole = "authenticated" | "service_role";

/** A URL by which libpq connects as that role, with what Supabase sets for it. */
export function urlAs(url: string, role: BenchRole): string {
  const settings = {
    role,
    search_path: '"$user",public,extensions',
    "request.jwt.claims": JSON.stringify({ role, sub: userId }),
    "request.jwt.claim.sub": userId,
  };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`).join(" ");
  return `${url}?options=${encodeURIComponent(options)}`;
}

/**
 * A client whose calls of functions are answered as PostgREST answers them, in this process: the
 * same way for Maestro and for its peers, and shorter than any network.
 */
export async function openClient(url: string, role: BenchRole): Promise<BenchClient> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined, fetch_types: false });
  await sql`select set_config('role', ${role}, false),
    set_config('search_path', '"$user", public, extensions', false),
    set_config('request.jwt.claims', ${JSON.stringify({ role, sub: userId })}, false),
    set_config('request.jwt.claim.sub', ${userId}, false)`;
  const supabase = createClient("http://bench.invalid", "key", {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch: (input, init) => answer(sql, String(input), String(init?.body)) },
  });
  return { supabase, close: () => sql.end() };
}

const casts: Record<string, string> = {
  p_embedding: "extensions.vector",
  query_embedding: "extensions.vector",
  p_org_id: "uuid",
  filter: "jsonb",
};

/** One call of a function, as one prepared statement. */
async function answer(sql: postgres.Sql, address: string, body: string): Promise<Response> {
  const { pathname, searchParams } = new URL(address);
  const columns = searchParams.get("select") ?? "*";
  const parameters = Object.entries<unknown>(JSON.parse(body));
  const list = parameters.map(([name], index) =>
    `${name} => $${index + 1}${name in casts ? `::text::${casts[name]}` : ""}`
  );
  const [row] = await sql.unsafe<{ rows: string }[]>(
    `select coalesce(json_agg(found), '[]')::text as rows from (
       select ${columns} from public.${pathname.split("/").at(-1)}(${list.join()})
     ) as found`,
    parameters.map(([, value]) =>
      typeof value === "object" ? JSON.stringify(value) : value
    ) as postgres.ParameterOrJSON<never>[],
    { prepare: true },
  );
  return new Response(row!.rows, { headers: { "content-type": "application/json" } });
}
