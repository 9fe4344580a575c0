import { type OwnStack, startOwnStack } from "./own-stack.ts";
import { createUser, type User } from "./user.ts";
import { startVisionServer, visionEnv, type VisionServer } from "./vision-server.ts";

/** A stack of one test file, whose provider of vision is in the test's hands too, with a user. */
export interface VisionStack extends OwnStack {
  vision: VisionServer;
  user: User;
}

/**
 * Starts a stack that works by itself and looks for jobs every second; leases last the worker's own
 * time unless they are told to last so many seconds.
 */
export async function startVisionStack(
  { leaseSeconds, ownDatabase = false }: { leaseSeconds?: number; ownDatabase?: boolean } = {},
): Promise<VisionStack> {
  const vision = startVisionServer();
  const own = await startOwnStack({
    cron: true,
    ownDatabase,
    env: {
      ...(leaseSeconds !== undefined && { JOB_LEASE_SECONDS: `${leaseSeconds}` }),
      JOB_TICK_SECONDS: "1",
      ...visionEnv(vision),
    },
  });
  return {
    ...own,
    vision,
    user: await createUser(own.address),
    [Symbol.asyncDispose]: async () => {
      await own[Symbol.asyncDispose]();
      vision[Symbol.dispose]();
    },
  };
}
