import { type Check, notAsked, toCheck } from "./check.ts";
import { type Answer, ask, describe, type Installation } from "./installation.ts";

/** Whether whoever has only the publishable key reads nothing of these tables and views. */
export async function checkRest(installation: Installation, relations: string[]): Promise<Check> {
  const { publishableKey } = installation;
  if (!publishableKey) return notAsked("REST", "give --publishable-key");
  const headers = { apikey: publishableKey };
  const answers = await Promise.all(
    relations.map(async (name) => ({
      name,
      answer: await ask(installation, `/rest/v1/${name}?limit=1`, { headers }),
    })),
  );
  const problems = answers.filter(({ answer }) => !isRefused(answer)).map(({ name, answer }) => ({
    detail: `${describe(answer)} to anybody who asks for ${name}`,
    hint: answer.status === 404
      ? "The migrations are not all applied, or the API does not expose schema public: supabase db push"
      : "See the lines of grants and policies",
  }));
  return toCheck(
    "REST",
    problems,
    `${relations.length} tables and views refuse the publishable key`,
  );
}

/** Whether the API shows the schema of the machinery to nobody, not even with the secret key. */
export async function checkExposure(installation: Installation): Promise<Check> {
  const { publishableKey, secretKey } = installation;
  const apikey = secretKey ?? publishableKey;
  if (!apikey) return notAsked("exposed schemas", "give --key or --publishable-key");
  const answer = await ask(installation, "/rest/v1/jobs?limit=1", {
    headers: { apikey, "accept-profile": "private" },
  });
  const isHidden = answer.status !== null && answer.status >= 400 && answer.status < 500;
  return toCheck(
    "exposed schemas",
    isHidden ? [] : [{
      detail: `${describe(answer)} for a table of schema private`,
      hint: "Take private off the exposed schemas: project settings, Data API",
    }],
    "private is not among them",
  );
}

function isRefused({ status }: Answer): boolean {
  return status === 401 || status === 403;
}
