import { addMember, createUser, signUp, type StackAddress, type User } from "../../support/user.ts";

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

/** A user as `User` has one, for each rank that signs in. */
export type Users = Record<Exclude<Rank, "anonymous">, User> & { invitee: Omit<User, "orgId"> };

/** Signs one up for each rank: all of one organisation, but the stranger, who has another. */
export async function signEverybodyUp(stack: StackAddress): Promise<Users> {
  const owner = await createUser(stack);
  const member = async (role: string) => {
    const user = { ...await signUp(stack), orgId: owner.orgId };
    await addMember(user, owner.orgId, role);
    return user;
  };
  return {
    owner,
    admin: await member("admin"),
    editor: await member("editor"),
    viewer: await member("viewer"),
    stranger: await createUser(stack),
    invitee: await signUp(stack),
  };
}

/** What each sends to be known. */
export function headersOf(stack: StackAddress, users: Users): People {
  const signedIn = ({ accessToken }: { accessToken: string }) => ({
    apikey: stack.publishableKey,
    authorization: `Bearer ${accessToken}`,
  });
  return {
    anonymous: { apikey: stack.publishableKey },
    stranger: signedIn(users.stranger),
    viewer: signedIn(users.viewer),
    editor: signedIn(users.editor),
    admin: signedIn(users.admin),
    owner: signedIn(users.owner),
    invitee: signedIn(users.invitee),
    cron: { apikey: stack.cronKey },
    service: { apikey: stack.secretKey },
  };
}
