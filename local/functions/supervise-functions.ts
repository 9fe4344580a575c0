import { fileURLToPath } from "node:url";
import { type ChildProcess, startChild } from "../child-process.ts";
import { errorAnswer } from "../gateway/error-answer.ts";
import { log } from "../log.ts";
import { memoryFlags } from "./memory-flags.ts";
import { relayBody } from "./relay-body.ts";

const repository = new URL("../../", import.meta.url);

/** Where the functions are, and the folders in which a change starts them again. */
export interface FunctionFolders {
  functions: URL;
  watched: URL[];
}

/** Those of this repository. */
export const repositoryFolders: FunctionFolders = {
  functions: new URL("supabase/functions/", repository),
  watched: [new URL("supabase/functions/", repository), new URL("shared/", repository)],
};

/** The edge functions of the repository, each in a process of its own. */
export interface Functions {
  /** Passes a request to `/functions/v1/<name>/…` on to its function. */
  fetch(request: Request): Promise<Response>;
  /** Process id of a function, for tests that kill it. */
  pid(name: string): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts every function of the folder; starts one again for the next request when its process has
 * ended, and all of them when a file in a watched folder changes.
 */
export async function superviseFunctions(
  env: Record<string, string>,
  folders: FunctionFolders,
): Promise<Functions> {
  const running = new Map<string, Promise<ChildProcess>>();
  const replaced = new Set<Promise<ChildProcess>>();
  const names = await listFunctions(folders.functions);
  const start = (name: string) => {
    const started = startFunction(new URL(`${name}/`, folders.functions), name, env);
    running.set(name, started);
    started.then((child) => child.ended).catch(() => undefined).then(() => {
      if (running.get(name) === started) running.delete(name);
    });
    return started;
  };
  await Promise.all(names.map(start));

  const watcher = watch(folders.watched, async () => {
    log("functions", "changed: starting again");
    for (const child of running.values()) replaced.add(child);
    const report = (error: Error) => log("functions", error.message);
    await Promise.all(names.map((name) => start(name).catch(report)));
    // Only now: they may still have had requests to answer.
    const old = [...replaced];
    await stopAll(old);
    for (const child of old) replaced.delete(child);
  });
  const get = (name: string) => running.get(name) ?? start(name);

  return {
    fetch: async (request) => {
      const name = new URL(request.url).pathname.split("/")[3] ?? "";
      if (!names.includes(name)) return errorAnswer("NOT_FOUND", "There is no such function");
      try {
        return await pass(request, (await get(name)).ready as { port: number });
      } catch (error) {
        if (!request.signal.aborted) log("functions", `${name}: ${error}`);
        return errorAnswer("INTERNAL_ERROR", "The function ended before it answered", "Try again");
      }
    },
    pid: async (name) => (await get(name)).pid,
    stop: async () => {
      watcher.close();
      await stopAll([...running.values(), ...replaced]);
    },
  };
}

async function stopAll(children: Promise<ChildProcess>[]): Promise<void> {
  await Promise.allSettled(children.map(async (child) => await (await child).stop()));
}

async function listFunctions(folder: URL): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory && !entry.name.startsWith("_")) names.push(entry.name);
  }
  return names.sort();
}

async function startFunction(
  folder: URL,
  name: string,
  env: Record<string, string>,
): Promise<ChildProcess> {
  const path = fileURLToPath(folder);
  const host = fileURLToPath(new URL("host.ts", import.meta.url));
  return await startChild(
    name,
    [...memoryFlags, "--config", `${path}deno.json`, host, `${path}index.ts`],
    env,
  );
}

function watch(folders: URL[], onChange: () => Promise<void>): { close(): void } {
  const watcher = Deno.watchFs(folders.map((folder) => fileURLToPath(folder)));
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
      // Unlike close(), it may be called twice.
      watcher[Symbol.dispose]();
    },
  };
}

async function pass(request: Request, { port }: { port: number }): Promise<Response> {
  const url = new URL(request.url);
  const target = `http://127.0.0.1:${port}${
    url.pathname.replace(/^\/functions\/v1/, "")
  }${url.search}`;
  const body = relayBody(request.body);
  const answer = await fetch(target, {
    method: request.method,
    headers: request.headers,
    body: body.stream,
    redirect: "manual",
    signal: request.signal,
  });
  await body.stop();
  return answer;
}
