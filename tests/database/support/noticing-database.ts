import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite/vector";
import postgres from "postgres";
import { inject } from "vitest";

/** A migrated database that remembers what the server remarked. */
export interface NoticingDatabase extends AsyncDisposable {
  exec(script: string): Promise<void>;
  /** The warnings of all statements so far. */
  warnings: string[];
}

/** Makes one; the caller disposes of it. */
export async function createNoticingDatabase(): Promise<NoticingDatabase> {
  const { templateUrl, dump } = inject("database");
  const warnings: string[] = [];
  const note = ({ severity, message }: { severity?: string; message?: string }) => {
    if (severity === "WARNING") warnings.push(message ?? "");
  };
  if (!templateUrl) {
    const db = await PGlite.create({
      extensions: { vector },
      loadDataDir: new Blob([await Deno.readFile(dump)]),
    });
    return {
      exec: async (script) => void await db.exec(script, { onNotice: note }),
      warnings,
      [Symbol.asyncDispose]: () => db.close(),
    };
  }
  const url = new URL(templateUrl);
  const template = url.pathname.slice(1);
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  url.pathname = "/postgres";
  const admin = postgres(url.href, { max: 1 });
  await admin.unsafe(`create database ${name} template ${template}`);
  url.pathname = `/${name}`;
  const sql = postgres(url.href, { max: 1, onnotice: note });
  return {
    exec: async (script) => void await sql.unsafe(script),
    warnings,
    [Symbol.asyncDispose]: async () => {
      await sql.end();
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}
