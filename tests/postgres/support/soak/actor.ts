import {
  callFunction,
  createOrganization,
  type FunctionAnswer,
  signUp,
  type User,
} from "../../../support/user.ts";
import { createDrawing } from "../../../support/crops.ts";
import { orTimeOut } from "../random-run/persist.ts";
import type { CrashableStack } from "../random-run/stack.ts";
import type { Answer, Ledger } from "./ledger.ts";

/** A training file, with the conversations that it has or will have. */
export interface OwnFile {
  id: string;
  conversationIds: string[];
}

/** Somebody who works, one thing after the other, and knows what there ought to be in the end. */
export interface Actor {
  user: User;
  /** Comes and goes as a member. */
  guest: User;
  random: () => number;
  ledger: Ledger;
  /** Documents and the text that each was last given. */
  documents: Map<string, string>;
  conversationIds: string[];
  files: OwnFile[];
  drawing: { projectId: string; pageId: string };
  cropIds: string[];
}

/** Signs a user up with an organisation and a drawing, and a guest who belongs to nothing. */
export async function createActor(
  { address }: CrashableStack,
  ledger: Ledger,
  random: () => number,
): Promise<Actor> {
  const owner = await signUp(address);
  const user = { ...owner, orgId: await createOrganization(owner) };
  return {
    user,
    guest: { ...await signUp(address), orgId: user.orgId },
    random,
    ledger,
    documents: new Map(),
    conversationIds: [],
    files: [],
    drawing: await createDrawing(user),
    cropIds: [],
  };
}

/** One of them; undefined of none. */
export function pick<T>({ random }: Actor, items: Iterable<T>): T | undefined {
  const all = [...items];
  return all[Math.floor(random() * all.length)];
}

/** Asks a function, as `insist` does. */
export async function ask(
  actor: Actor,
  path: string,
  options: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<FunctionAnswer> {
  let last: FunctionAnswer | undefined;
  await insist(actor, path.replaceAll(/[0-9a-f-]{36}/g, ":id"), async () => {
    last = await callFunction(path, { user: actor.user, ...options });
    return { status: last.status, code: String(last.body.code ?? "") };
  });
  return last!;
}

/** What supabase-js answers, of tables, functions or storage. */
interface ClientAnswer {
  error: { message: string; code?: string; status?: number; statusCode?: string } | null;
  status?: number;
}

/** Asks through supabase-js, as `insist` does; what is there already was done by an earlier try. */
export function tell(
  actor: Actor,
  what: string,
  work: () => PromiseLike<ClientAnswer>,
): Promise<Answer> {
  return insist(actor, what, async () => {
    const { error, status } = await work();
    if (!error || error.code === "23505") return { status: 200, code: "" };
    const code = error.code ?? error.message.slice(0, 60);
    return { status: Number(error.statusCode ?? error.status ?? status ?? 0), code };
  });
}

/**
 * Repeats a request until a server has answered that is up, and books every refusal and failure.
 * Throws when there is no such answer in a minute.
 */
async function insist(
  { ledger }: Actor,
  what: string,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const sentAt = performance.now();
    const answer = await orTimeOut(work())
      .catch((error) => ({ status: 0, code: String(error.message ?? error).slice(0, 60) }));
    if (answer.status >= 200 && answer.status < 400) return answer;
    ledger.note(what, answer, sentAt);
    const isHeard = answer.status >= 400 && answer.status < 500;
    if (isHeard || answer.code === "PROVIDER_FAILED") return answer;
    if (performance.now() > deadline) throw new Error(`${what} is not answered: ${answer.code}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
