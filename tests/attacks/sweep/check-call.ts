import { expect } from "vitest";
import { outsidersOf, type Person } from "./people.ts";
import type { CallAccess } from "./routes.ts";
import type { Answer } from "./world.ts";

/** Sends one call as everybody who is to be refused, and then as whom it is for. */
export async function checkCall(
  { by, stranger }: Pick<CallAccess, "by" | "stranger">,
  send: (person: Person) => Promise<Answer>,
): Promise<void> {
  for (const person of outsidersOf(by)) {
    const { status, body, text } = await send(person);
    const told = `${person}: ${status} ${text}`;
    if (person === "anonymous" || by === "cron") expect([401, 403], told).toContain(status);
    else if (person === "stranger" || by === "invitee") {
      expect(status, told).toBe(404);
      expect(body, told).toMatchObject({ code: stranger });
    } else expect(body, told).toMatchObject({ code: "ROLE_TOO_LOW" });
  }
  const { status, text } = await send(by);
  expect(status, `${by}: ${text}`).toBeLessThan(300);
}
