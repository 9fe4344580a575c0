/**
 * Serves one edge function, as the edge runtime does: `host.ts <index.ts>`. Prints its port on
 * stdout, where nothing else goes. Ends with its parent, however that ends, and on SIGTERM after
 * what the function still has running in the background, at most three seconds.
 */
const announce = console.log;
console.log = console.info = console.debug = console.error;
const background = new Set<Promise<unknown>>();
Object.assign(globalThis, {
  EdgeRuntime: {
    waitUntil(promise: Promise<unknown>) {
      background.add(promise);
      promise.catch((error) => console.error(error)).finally(() => background.delete(promise));
    },
  },
});

const { default: edgeFunction } = await import(new URL(Deno.args[0]!, "file:///").href);

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => announce(JSON.stringify({ port })),
}, edgeFunction.fetch);

async function stop(): Promise<never> {
  globalThis.dispatchEvent(new Event("beforeunload"));
  const timeout = new Promise((resolve) => setTimeout(resolve, 3000));
  await Promise.race([timeout, Promise.allSettled([server.shutdown(), ...background])]);
  Deno.exit(0);
}

Deno.addSignalListener("SIGTERM", stop);
// Ctrl-C goes to the whole group: the parent decides when its functions end.
Deno.addSignalListener("SIGINT", () => undefined);
for await (const _ of Deno.stdin.readable) { /* the parent never writes */ }
await stop();
