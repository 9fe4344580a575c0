import { type Check, toCheck } from "./check.ts";
import { type Answer, ask, describe, type Installation } from "./installation.ts";

/** A token of the right form that nobody has signed. */
const falseToken = [
  "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9",
  "eyJyb2xlIjoic2VydmljZV9yb2xlIn0",
  "AAAA",
]
  .join(".");

/** Whether an edge function is there and lets nobody in who has no right to. */
export async function checkFunction(installation: Installation, name: string): Promise<Check> {
  const { publishableKey, secretKey } = installation;
  const apikey = publishableKey ? { apikey: publishableKey } : undefined;
  const callers: [string, Record<string, string> | undefined][] = [
    ["a caller without a key", {}],
    ["the publishable key alone", apikey],
    ["a forged token", { ...apikey, authorization: `Bearer ${falseToken}` }],
    ["a secret key", secretKey ? { apikey: secretKey } : undefined],
  ];
  const found = await Promise.all(
    callers.filter(([, headers]) => headers).map(async ([who, headers]) => ({
      who,
      answer: await ask(installation, `/functions/v1/${name}`, {
        method: "POST",
        headers,
        body: {},
      }),
    })),
  );
  const problems = found.flatMap(({ who, answer }) => {
    const hint = hintFor(name, answer);
    return hint === null ? [] : [{ detail: `${describe(answer)} to ${who}`, hint }];
  });
  return toCheck(`function ${name}`, problems, `refuses ${found.map(({ who }) => who).join(", ")}`);
}

/** Null for the refusal that is right. */
function hintFor(name: string, answer: Answer): string | null {
  if (answer.status === null) return "Is the URL right, and the project not paused?";
  // The platform's own refusal carries no id of ours.
  if (answer.status === 401 && !answer.headers.has("x-request-id")) {
    return `The platform refuses before the function is asked: deploy it with verify_jwt = false, as supabase/config.toml says (supabase functions deploy ${name})`;
  }
  if (answer.status === 401) return null;
  if (answer.status === 404) return `supabase functions deploy ${name}`;
  if (answer.status >= 500) {
    return `It does not start or fails: look at its logs, then at supabase secrets list`;
  }
  return `It lets callers in: deploy the function of this version (supabase functions deploy ${name})`;
}
