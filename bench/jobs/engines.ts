import type { Engine } from "./engine.ts";
import { createGraphileEngine } from "./graphile-engine.ts";
import type { JobServer } from "./job-server.ts";
import { createMaestroEngine } from "./maestro-engine.ts";
import { createPgBossEngine } from "./pg-boss-engine.ts";

/** Ours and the two peers that bring workers of their own. */
export interface Engines {
  ours: Engine;
  peers: Engine[];
  close(): Promise<void>;
}

/** Installs the peers beside Maestro, in the same database. */
export async function openEngines({ url, sql }: JobServer): Promise<Engines> {
  const graphile = await createGraphileEngine(url);
  const boss = await createPgBossEngine(url);
  return {
    ours: createMaestroEngine(url, sql),
    peers: [graphile, boss],
    close: async () => void await Promise.all([graphile.close(), boss.close()]),
  };
}
