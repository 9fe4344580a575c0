import { fileURLToPath } from "node:url";
import { type ChildProcess, startChild } from "../../local/child-process.ts";

/** What `npm start -- --json` announces, as far as a browser would know it. */
export interface Endpoint {
  url: string;
  publishable_key: string;
}

/**
 * Starts a stack that keeps nothing, in a process of its own, with further arguments of `npm start`:
 * the demo talks to it over HTTP only.
 */
export async function startStackProcess(
  further: string[] = [],
): Promise<ChildProcess & { endpoint: Endpoint }> {
  const start = fileURLToPath(new URL("../../local/start.ts", import.meta.url));
  const child = await startChild("stack", [
    start,
    "--memory",
    "--port",
    "0",
    "--json",
    ...further,
  ]);
  return { ...child, endpoint: child.ready as Endpoint };
}
