import { type Hono } from "hono";
import { vi } from "vitest";
import type { SqlClient } from "../../../local/database/sql-client.ts";

const functions = new URL("../../../supabase/functions/", import.meta.url);

/**
 * `METHOD /function/path` of every route of every folder of supabase/functions; of a function that
 * answers without `handle`, whose routes nobody can know, `ANY /function/*`.
 */
export async function discoverRoutes(folder = functions): Promise<string[]> {
  const apps: Hono[] = [];
  const unseen: string[] = [];
  vi.doMock("../../../shared/http.ts", async (original) => {
    const { Hono } = await import("hono");
    return {
      ...await original(),
      // The routes are asked before `handle` hides them behind authentication.
      handle: (name: string, _config: unknown, define: (routes: Hono) => void) => {
        const app = new Hono().basePath(`/${name}`);
        define(app);
        apps.push(app);
      },
    };
  });
  // Without a key they would not start; nobody calls their provider.
  vi.stubEnv("EMBEDDING_API_KEY", "none");
  vi.resetModules();
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory || name.startsWith("_")) continue;
    const known = apps.length;
    await import(`${folder.pathname}${name}/index.ts`);
    if (apps.length === known) unseen.push(`ANY /${name}/*`);
  }
  vi.doUnmock("../../../shared/http.ts");
  vi.unstubAllEnvs();
  const seen = apps.flatMap((app) => app.routes.map(({ method, path }) => `${method} ${path}`));
  return [...seen, ...unseen].sort();
}

type Catalogue = Pick<SqlClient, "query">;

/** Every table and view that the API shows. */
export function discoverTables(client: Catalogue): Promise<string[]> {
  return names(
    client,
    `select relname as name from pg_catalog.pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
       and not relispartition`,
  );
}

/** Every function that the API shows; one that has two forms is there twice. */
export function discoverFunctions(client: Catalogue): Promise<string[]> {
  return names(
    client,
    "select proname as name from pg_catalog.pg_proc where pronamespace = 'public'::regnamespace",
  );
}

/** Every bucket. */
export function discoverBuckets(client: Catalogue): Promise<string[]> {
  return names(client, "select id as name from storage.buckets");
}

async function names(client: Catalogue, statement: string): Promise<string[]> {
  const rows = await client.query<{ name: string }>(statement);
  return rows.map(({ name }) => name).sort();
}

/** A line for each thing without an expectation, and for each expectation without a thing. */
export function findGaps(found: string[], expected: Record<string, unknown>): string[] {
  const tested = new Set(Object.keys(expected));
  const rest = new Set(found);
  return [
    ...found.filter((name, at) => !tested.has(name) || found.indexOf(name) !== at)
      .map((name) => `has no access test: ${name}`),
    ...[...tested].filter((name) => !rest.has(name)).map((name) => `is gone: ${name}`),
  ];
}
