import { type Check, notAsked, toCheck } from "./check.ts";
import { ask, describe, type Installation } from "./installation.ts";

/**
 * Whether `process-jobs` takes the key that the database calls it with. Asks for something that it
 * does not know, so that it answers without working.
 */
export async function checkWorkerKey(installation: Installation): Promise<Check> {
  const { cronKey } = installation;
  if (!cronKey) return notAsked("worker's key", "give --db, or the key in CRON_SECRET_KEY");
  const answer = await ask(installation, "/functions/v1/process-jobs", {
    method: "POST",
    headers: { apikey: cronKey },
    body: { doctor: true },
  });
  const problems = answer.status === 400 ? [] : [{
    detail: describe(answer),
    hint: answer.status === 401
      ? "The Vault secret cron_secret_key is not the secret key named cron of this project: docs/deploy.md, Keys"
      : "See the line of function process-jobs",
  }];
  return toCheck("worker's key", problems, "process-jobs takes it");
}
