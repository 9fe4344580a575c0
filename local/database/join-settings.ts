/** Of lite's connection: what it calls to tell a transaction whose request it is. */
interface Settings {
  applyJwtSessionContext(transaction: Transaction, context: Context): Promise<void>;
  applyRpcRequestGucs(transaction: Transaction, request: RpcRequest): Promise<void>;
}

interface Context {
  auth?: { uid?: unknown; role?: string; jwt?: object | string | null };
  storage?: { operation?: unknown };
}

interface RpcRequest {
  method: string;
  path: string;
  requestHeaders?: Record<string, string>;
}

/** Kysely's, as far as it is needed. */
interface Transaction {
  executeQuery(query: {
    sql: string;
    parameters: readonly unknown[];
    query: { kind: "RawNode"; sqlFragments: string[]; parameters: [] };
    queryId: { queryId: string };
  }): Promise<unknown>;
}

/**
 * Has @supabase/lite set the settings of a request in one statement, as PostgREST does. By itself it
 * takes a dozen, one after the other, which is most of what a small request costs.
 */
export function joinSettings(connection: object): void {
  const settings: Settings = {
    applyJwtSessionContext: async (transaction, { auth, storage }) => {
      const role = auth?.role || "anon";
      await set(transaction, {
        role,
        "request.jwt.claim.sub": `${auth?.uid ?? ""}`,
        "request.jwt.claim.role": role,
        "storage.operation": `${storage?.operation ?? ""}`,
        ...(typeof auth?.jwt === "object" && auth.jwt !== null && {
          "request.jwt.claims": JSON.stringify(auth.jwt),
        }),
      });
    },
    applyRpcRequestGucs: async (transaction, { method, path, requestHeaders = {} }) =>
      await set(transaction, {
        "response.status": "",
        "response.headers": "",
        "request.method": method,
        "request.path": path,
        "request.headers": JSON.stringify(requestHeaders),
      }),
  };
  Object.assign(connection, settings);
}

async function set(transaction: Transaction, values: Record<string, string>): Promise<void> {
  // Without parameters, whose types the driver would ask for first.
  const calls = Object.entries(values)
    .map(([name, value]) => `set_config('${name}', '${value.replaceAll("'", "''")}', true)`);
  const sql = `select ${calls.join(", ")}`;
  await transaction.executeQuery({
    sql,
    parameters: [],
    query: { kind: "RawNode", sqlFragments: [sql], parameters: [] },
    queryId: { queryId: "settings" },
  });
}
