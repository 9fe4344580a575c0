import { inject } from "vitest";
import { createMember, createUser, type StackAddress, type User } from "./user.ts";

/** An organisation's people, one of each role, and somebody who has another organisation. */
export interface Members {
  owner: User;
  admin: User;
  editor: User;
  viewer: User;
  stranger: User;
}

/** Signs them all up, on the shared stack unless another is given. */
export async function createMembers(stack: StackAddress = inject("stack")): Promise<Members> {
  const owner = await createUser(stack);
  return {
    owner,
    admin: await createMember(owner, "admin"),
    editor: await createMember(owner, "editor"),
    viewer: await createMember(owner, "viewer"),
    stranger: await createUser(stack),
  };
}
