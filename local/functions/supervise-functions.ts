import { fileURLToPath } from "node:url";
import { type ChildProcess, startChild } from "../child-process.ts";
import { log } from "../log.ts";

const repository = new URL("../../", import.meta.url);
const functionsFolder = new URL("supabase/functions/", repository);

/** The edge functions of the repository, each in a process of its own. */
export interface Functions {
  /** Passes a request to `/functions/v1/<name>/…` on to its function. */
  fetch(request: Request): Promise<Response>;
  /** Process id of a function, for tests that kill it. */
  pid(name: string): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts every folder of `supabase/functions` that has an `index.ts`; starts one again when its
 * process has ended, and all of them when a file under `supabase/functions` or `shared` changes.
 */
export async function superviseFunctions(env: Record<string, string>): Promise<Functions> {
  const running = new Map<string, Promise<ChildProcess>>();
  const names = await listFunctions();
  const start = (name: string) => {
    const started = startFunction(name, env);
    running.set(name, started);
    started.then((child) => child.ended).catch(() => undefined).then(() => {
      if (running.get(name) === started) running.delete(name);
    });
    return started;
  };
  await Promise.all(names.map(start));

  const watcher = watch(async () => {
    log("functions", "changed: starting again");
    const old = [...running.values()];
    for (const name of names) start(name).catch((error) => log("functions", error.message));
    await Promise.allSettled(old.map(async (child) => await (await child).stop()));
  });
  const get = (name: string) => running.get(name) ?? start(name);

  return {
    fetch: async (request) => {
      const name = new URL(request.url).pathname.split("/")[3] ?? "";
      if (!names.includes(name)) return notFound(name);
      return await pass(request, (await get(name)).ready as { port: number });
    },
    pid: async (name) => (await get(name)).pid,
    stop: async () => {
      watcher.close();
      await Promise.allSettled([...running.values()].map(async (child) => (await child).stop()));
    },
  };
}

async function listFunctions(): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(functionsFolder)) {
    if (entry.isDirectory && !entry.name.startsWith("_")) names.push(entry.name);
  }
  return names.sort();
}

async function startFunction(name: string, env: Record<string, string>): Promise<ChildProcess> {
  const folder = fileURLToPath(new URL(`${name}/`, functionsFolder));
  const host = fileURLToPath(new URL("host.ts", import.meta.url));
  return await startChild(
    name,
    ["--config", `${folder}deno.json`, host, `${folder}index.ts`],
    env,
  );
}

function watch(onChange: () => Promise<void>): { close(): void } {
  const watcher = Deno.watchFs([
    fileURLToPath(functionsFolder),
    fileURLToPath(new URL("shared/", repository)),
  ]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  (async () => {
    for await (const event of watcher) {
      if (event.kind === "access" || !event.paths.some((path) => /\.(ts|json)$/.test(path))) {
        continue;
      }
      clearTimeout(timer);
      timer = setTimeout(onChange, 200);
    }
  })();
  return {
    close: () => {
      clearTimeout(timer);
      watcher.close();
    },
  };
}

async function pass(request: Request, { port }: { port: number }): Promise<Response> {
  const url = new URL(request.url);
  const target = `http://127.0.0.1:${port}${
    url.pathname.replace(/^\/functions\/v1/, "")
  }${url.search}`;
  return await fetch(target, {
    method: request.method,
    headers: request.headers,
    body: request.body,
    redirect: "manual",
    signal: request.signal,
  });
}

function notFound(name: string): Response {
  return Response.json(
    { code: "NOT_FOUND", message: `There is no function ${name}`, details: null, hint: null },
    { status: 404 },
  );
}
