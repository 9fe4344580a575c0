import { fileURLToPath } from "node:url";
import { type ChildProcess, startChild } from "../../local/child-process.ts";

/** What `npm start -- --json` announces, as far as a browser would know it. */
export interface Endpoint {
  url: string;
  publishable_key: string;
}

/** Starts a stack that keeps nothing, in a process of its own: the demo talks to it over HTTP only. */
export async function startStackProcess(): Promise<ChildProcess & { endpoint: Endpoint }> {
  const start = fileURLToPath(new URL("../../local/start.ts", import.meta.url));
  const child = await startChild("stack", [start, "--memory", "--port", "0", "--json"]);
  return { ...child, endpoint: child.ready as Endpoint };
}
