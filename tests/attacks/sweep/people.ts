import { credentialsOf } from "../../support/credentials-of.ts";
import { createMembers, type Members } from "../../support/members.ts";
import { signUp, type StackAddress, type User } from "../../support/user.ts";

/** Whom the sweep asks as, from the least to the most that an organisation gives. */
export const ranks = ["anonymous", "stranger", "viewer", "editor", "admin", "owner"] as const;
export type Rank = typeof ranks[number];

/** The ranks, and those who are let in beside them: the invited user, the worker, the backend. */
export type Person = Rank | "invitee" | "cron" | "service";

/** The headers that each comes with. */
export type People = Record<Person, Record<string, string>>;

/** Everybody whom `by` is to be told from: the ranks below it, or all of them if it is none. */
export function outsidersOf(by: Person): Rank[] {
  const rank = ranks.findIndex((one) => one === by);
  return rank < 0 ? [...ranks] : ranks.slice(0, rank);
}

/** A user for each rank that signs in, and who is to be invited. */
export type Users = Members & { invitee: Omit<User, "orgId"> };

/** Signs all of them up. */
export async function signEverybodyUp(stack: StackAddress): Promise<Users> {
  return { ...await createMembers(stack), invitee: await signUp(stack) };
}

/** What each sends to be known. */
export function headersOf(stack: StackAddress, users: Users): People {
  return {
    anonymous: { apikey: stack.publishableKey },
    stranger: credentialsOf(users.stranger),
    viewer: credentialsOf(users.viewer),
    editor: credentialsOf(users.editor),
    admin: credentialsOf(users.admin),
    owner: credentialsOf(users.owner),
    invitee: credentialsOf(users.invitee),
    cron: { apikey: stack.cronKey },
    service: { apikey: stack.secretKey },
  };
}
