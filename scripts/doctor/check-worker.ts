import { z } from "zod";
import { type Check, notAsked, toCheck } from "./check.ts";
import { type Answer, ask, describe, type Installation } from "./installation.ts";

/** What `GET /process-jobs/models` answers. */
const Models = z.object({
  embedding_model: z.string(),
  vision_model: z.string().nullable(),
  vision_problem: z.string().nullable(),
});

/**
 * Whether `process-jobs` takes the key that the database calls it with, and has what it needs to
 * call its models: two lines.
 */
export async function checkWorker(installation: Installation): Promise<Check[]> {
  const { cronKey } = installation;
  if (!cronKey) {
    const why = "give --db, or the key in CRON_SECRET_KEY";
    return [notAsked("worker's key", why), notAsked("models", why)];
  }
  const headers = { apikey: cronKey };
  const answer = await ask(installation, "/functions/v1/process-jobs/models", { headers });
  return [checkKey(answer), checkModels(answer)];
}

function checkKey(answer: Answer): Check {
  const problems = answer.status === 200 ? [] : [{
    detail: describe(answer),
    hint: answer.status === 401
      ? "The Vault secret cron_secret_key is not the secret key named cron of this project: docs/deploy.md, Keys"
      : "See the line of function process-jobs",
  }];
  return toCheck("worker's key", problems, "process-jobs takes it");
}

/** A missing vision key is no fault of an installation that reads no drawings: it is only told. */
function checkModels(answer: Answer): Check {
  const models = answer.status === 200 ? Models.safeParse(answer.body).data : undefined;
  if (!models) return notAsked("models", "the worker did not say");
  const { embedding_model, vision_model, vision_problem } = models;
  if (vision_problem === null) {
    return toCheck("models", [], `${embedding_model} embeds, ${vision_model} reads drawings`);
  }
  return {
    ...notAsked("models", `${embedding_model} embeds; drawings wait: ${vision_problem}`),
    hint: "Where crops or scanned pages are to be read: supabase secrets set PASS2_API_KEY=…",
  };
}
