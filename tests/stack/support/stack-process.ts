import { fileURLToPath } from "node:url";
import type { StackAddress } from "../../support/user.ts";
import { until } from "../../support/until.ts";

const repository = new URL("../../../", import.meta.url);

/** How a program ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** `npm start` as a process of its own. */
export interface StackProcess extends AsyncDisposable {
  pid: number;
  /** The line that it printed when it was ready, as it came and as an address. */
  ready: Promise<{ line: Record<string, unknown>; address: StackAddress; seconds: number }>;
  /** Sends the signal and waits for the end. */
  end(signal: Deno.Signal): Promise<Ended & { seconds: number }>;
  ended: Promise<Ended>;
}

/** Starts the stack as `npm start -- <args>` does; disposing of it kills what is left. */
export function startProcess(args: string[], { cwd }: { cwd?: string } = {}): StackProcess {
  const startedAt = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--node-modules-dir=manual",
      `--config=${fileURLToPath(new URL("deno.json", repository))}`,
      fileURLToPath(new URL("local/start.ts", repository)),
      ...args,
    ],
    cwd: cwd ?? fileURLToPath(repository),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const ended = child.status.then(async ({ code }) => ({
    code,
    stdout: await stdout.all,
    stderr: await stderr.all,
  }));
  const ready = Promise.race([
    stdout.firstLine.then((text) => {
      const line = JSON.parse(text);
      const { url, publishable_key, secret_key, cron_key } = line;
      return {
        line,
        address: { url, publishableKey: publishable_key, secretKey: secret_key, cronKey: cron_key },
        seconds: (performance.now() - startedAt) / 1000,
      };
    }),
    ended.then(({ code, stderr }) => {
      throw new Error(`the stack ended with ${code}: ${stderr}`);
    }),
  ]);
  ready.catch(() => undefined);

  const end = async (signal: Deno.Signal) => {
    const sentAt = performance.now();
    child.kill(signal);
    return { ...await ended, seconds: (performance.now() - sentAt) / 1000 };
  };
  return {
    pid: child.pid,
    ready,
    ended,
    end,
    [Symbol.asyncDispose]: async () => {
      try {
        child.kill("SIGKILL");
      } catch { /* it has ended */ }
      await ended;
    },
  };
}

function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const firstLine = Promise.withResolvers<string>();
  let text = "";
  const all = (async () => {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (text.includes("\n")) firstLine.resolve(text.split("\n")[0]!);
    }
    return text;
  })();
  return { firstLine: firstLine.promise, all };
}

/** Processes that are below the given one now. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const path = `/proc/${pid}/task/${pid}/children`;
  const text = await Deno.readTextFile(path).catch(() => "");
  const children = text.split(" ").filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}

/** Waits until none of the processes runs. */
export async function untilGone(pids: number[], seconds = 10): Promise<void> {
  await until(`processes ${pids} to end`, async () => {
    const running = await Promise.all(pids.map(isRunning));
    return !running.includes(true);
  }, { seconds });
}

async function isRunning(pid: number): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => null);
  // Whoever waits for an orphan here may not do it at once.
  return stat !== null && !/\) Z /.test(stat);
}
