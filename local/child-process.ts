import { log } from "./log.ts";

const denoFlags = [
  "-A",
  "--node-modules-dir=manual",
  "--cached-only",
  "--unstable-no-legacy-abort",
];

/** A Deno program that runs beside the stack and ends with it. */
export interface ChildProcess {
  /** What it printed as its first line. */
  ready: unknown;
  pid: number;
  /** Settles when it has ended, for whatever reason. */
  ended: Promise<void>;
  /** Asks it to end, and makes it after four seconds. */
  stop(): Promise<void>;
}

/**
 * Starts a Deno program and waits for its first line on stdout, which is JSON. What it writes to
 * stderr goes to ours under `name`. Throws when it ends before that line.
 */
export async function startChild(
  name: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<ChildProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...denoFlags, ...args],
    env: { ...env, DENO_NO_UPDATE_CHECK: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  forward(child.stderr, name);

  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let first = "";
  while (!first.includes("\n")) {
    const { value, done } = await lines.read();
    if (done) throw new Error(`${name} ended before it was ready: see the lines above`);
    first += value;
  }
  (async () => {
    while (!(await lines.read()).done) { /* a full pipe would block the child */ }
  })();

  const ended = child.status.then(() => undefined);
  return {
    ready: JSON.parse(first.split("\n")[0]!),
    pid: child.pid,
    ended,
    stop: async () => {
      const kill = setTimeout(() => signal(child, "SIGKILL"), 4000);
      signal(child, "SIGTERM");
      await ended;
      clearTimeout(kill);
    },
  };
}

function signal(child: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch { /* it has ended by itself */ }
}

async function forward(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  name: string,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) log(name, line);
  }
  if (rest) log(name, rest);
}
