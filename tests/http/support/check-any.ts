import fc from "fast-check";
import { expect } from "vitest";
import type { FunctionAnswer } from "../../support/user.ts";
import { expectErrorForm } from "./expect-error.ts";

// FUZZ_SEED repeats a run, FUZZ_SECONDS makes a longer one.
const seed = Number(Deno.env.get("FUZZ_SEED") ?? Date.now() % 2 ** 31);
const seconds = Number(Deno.env.get("FUZZ_SECONDS") ?? 8);

/** Time that a test around `checkAny` needs, in milliseconds. */
export const checkAnyMs = (seconds + 20) * 1000;

/**
 * Sends requests until the time is over: none may make a function fail, and each refusal has the
 * form of an error. Returns how many requests were refused, and how many were not.
 */
export async function checkAny<T>(
  request: fc.Arbitrary<T>,
  send: (request: T) => Promise<FunctionAnswer>,
): Promise<{ refused: number; done: number }> {
  console.log(`FUZZ_SEED=${seed}`);
  const counts = { refused: 0, done: 0 };
  const property = fc.asyncProperty(request, async (one) => {
    const answer = await send(one);
    expect(answer.status).toBeLessThan(500);
    if (answer.status < 400) {
      counts.done++;
      return;
    }
    counts.refused++;
    expectErrorForm(answer);
  });
  const details = await fc.check(property, {
    seed,
    numRuns: 1_000_000,
    interruptAfterTimeLimit: seconds * 1000,
    markInterruptAsFailure: false,
  });
  expect(details.failed, fc.defaultReportMessage(details) ?? "").toBe(false);
  return counts;
}
