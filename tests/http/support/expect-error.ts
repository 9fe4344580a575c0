import { expect } from "vitest";
import type { FunctionAnswer } from "../../support/user.ts";

/** What no answer may contain: statements, names of constraints and tables, stacks, paths. */
const leaks = [
  /\bselect\b.*\bfrom\b|\binsert into\b|\bupdate\b.*\bset\b|\bdelete from\b/i,
  /[a-z]_(pkey|fkey|key|check|excl|idx)\b/,
  /\b(mono_training_\w+|vault_documents|organization_members|storage\.objects)\b/,
  /\b(PGRST|SQLSTATE|syntax error|violates|permission denied)/i,
  /^\s*at .+:\d+:\d+|\bfile:\/\/|\bnode_modules\b|\/(work|home|tmp|usr)\//m,
];

/** Holds an answer to the contract's form of an error. */
export function expectError(answer: FunctionAnswer, status: number, code: string): void {
  expect(answer.body).toMatchObject({ code });
  expect(answer.status).toBe(status);
  expectErrorForm(answer);
}

/** Holds an answer to the form alone, whatever its code. */
export function expectErrorForm({ body, headers, text }: FunctionAnswer): void {
  expect(Object.keys(body)).toEqual(["code", "message", "details", "hint"]);
  expect(body.code).toMatch(/^[A-Z][A-Z_]+$/);
  expect(body.message).toMatch(/\S/);
  expect(body.hint === null || typeof body.hint === "string").toBe(true);
  expect(headers.get("content-type")).toBe("application/json");
  expect(headers.get("access-control-allow-origin")).toBe("*");
  expect(headers.get("access-control-expose-headers")).toContain("x-request-id");
  expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  for (const leak of leaks) expect(text).not.toMatch(leak);
}
