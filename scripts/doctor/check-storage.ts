import { type Check, notAsked, toCheck } from "./check.ts";
import { ask, describe, type Installation } from "./installation.ts";

/** Whether whoever has only the publishable key sees no object in these buckets. */
export async function checkStorage(installation: Installation, buckets: string[]): Promise<Check> {
  const { publishableKey } = installation;
  if (!publishableKey) return notAsked("Storage", "give --publishable-key");
  const answers = await Promise.all(
    buckets.map(async (bucket) => ({
      bucket,
      answer: await ask(installation, `/storage/v1/object/list/${bucket}`, {
        method: "POST",
        headers: { apikey: publishableKey },
        body: { prefix: "", limit: 1 },
      }),
    })),
  );
  const problems = answers.flatMap(({ bucket, answer }) => {
    const isEmpty = answer.status === 200 && Array.isArray(answer.body) && answer.body.length === 0;
    const isRefused = answer.status !== null && answer.status >= 400 && answer.status < 500;
    if (isEmpty || isRefused) return [];
    return [{
      detail: answer.status === 200 ? `${bucket} shows objects to anybody` : describe(answer),
      hint: "Drop the policy of storage.objects that lets anon read",
    }];
  });
  return toCheck(
    "Storage",
    problems,
    `${buckets.length} buckets show nothing to the publishable key`,
  );
}
