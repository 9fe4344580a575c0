import { fileURLToPath } from "node:url";
import type { StackAddress } from "./user.ts";

/** A script as a process of its own. */
export interface ScriptProcess extends AsyncDisposable {
  pid: number;
  /** Resolves with how it ended. */
  ended: Promise<{ code: number; stdout: string; stderr: string }>;
  kill(signal: Deno.Signal): void;
}

/** Starts `scripts/<name>.ts` as npm does, against a stack; disposing of it kills what is left. */
export function startScript(
  name: string,
  args: string[],
  { stack, env = {}, preload }: {
    stack?: Pick<StackAddress, "url" | "secretKey">;
    env?: Record<string, string>;
    /** A module that runs before the script, from the repository's root. */
    preload?: string;
  } = {},
): ScriptProcess {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--node-modules-dir=manual",
      ...(preload ? [`--preload=${preload}`] : []),
      `scripts/${name}.ts`,
      ...args,
    ],
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env: {
      ...(stack && { SUPABASE_URL: stack.url, SUPABASE_SECRET_KEY: stack.secretKey }),
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const ended = child.output().then(({ code, stdout, stderr }) => ({
    code,
    stdout: decode(stdout),
    stderr: decode(stderr),
  }));
  return {
    pid: child.pid,
    ended,
    kill: (signal) => child.kill(signal),
    [Symbol.asyncDispose]: async () => {
      try {
        child.kill("SIGKILL");
      } catch { /* it has ended */ }
      await ended;
    },
  };
}
