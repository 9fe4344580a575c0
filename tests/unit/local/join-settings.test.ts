import { describe, expect, test } from "vitest";
import { joinSettings } from "../../../local/database/join-settings.ts";

interface Connection {
  applyJwtSessionContext(transaction: object, context: object): Promise<void>;
  applyRpcRequestGucs(transaction: object, request: object): Promise<void>;
}

/** A connection of lite's, and the statements that it makes. */
function createConnection() {
  const statements: string[] = [];
  const connection = {} as Connection;
  joinSettings(connection);
  const transaction = {
    executeQuery: ({ sql }: { sql: string }) => Promise.resolve(void statements.push(sql)),
  };
  return { connection, transaction, statements };
}

describe("the settings of a request", () => {
  test("are set in one statement, in which nothing that a client sends ends its string", async () => {
    const { connection, transaction, statements } = createConnection();

    await connection.applyRpcRequestGucs(transaction, {
      method: "POST",
      path: "/rpc/x",
      requestHeaders: { note: "it's', true), pg_sleep(9" },
    });

    expect(statements).toEqual([
      `select set_config('response.status', '', true), set_config('response.headers', '', true), ` +
      `set_config('request.method', 'POST', true), set_config('request.path', '/rpc/x', true), ` +
      `set_config('request.headers', '{"note":"it''s'', true), pg_sleep(9"}', true)`,
    ]);
  });

  test("say who asks, or that nobody does", async () => {
    const { connection, transaction, statements } = createConnection();

    await connection.applyJwtSessionContext(transaction, {
      auth: { uid: "u", role: "authenticated", jwt: { sub: "u" } },
    });
    await connection.applyJwtSessionContext(transaction, {});

    expect(statements[0]).toContain(`set_config('role', 'authenticated', true)`);
    expect(statements[0]).toContain(`set_config('request.jwt.claims', '{"sub":"u"}', true)`);
    expect(statements[1]).toContain(`set_config('role', 'anon', true)`);
    expect(statements[1]).not.toContain("request.jwt.claims");
  });
});
