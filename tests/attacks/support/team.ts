import { aCrop, addCrop, createDrawing } from "../../support/crops.ts";
import { addConversations } from "../../support/conversations.ts";
import { createMembers, type Members } from "../../support/members.ts";
import { createFile } from "../../support/training-files.ts";
import { train } from "../../support/training.ts";
import {
  addDocument,
  addMember,
  createUser,
  type StackAddress,
  type User,
} from "../../support/user.ts";

/** Who asks, seen from the organisation that is attacked. */
export interface Team extends Members {
  /** Viewer here, owner of another organisation. */
  memberOfTwo: User;
}

export type Member = Exclude<keyof Members, "stranger">;

/** An organisation's people, and those of others, on a stack. */
export async function createTeam(stack: StackAddress): Promise<Team> {
  const members = await createMembers(stack);
  const memberOfTwo = await createUser(stack);
  await addMember(memberOfTwo, members.owner.orgId, "viewer");
  return { ...members, memberOfTwo };
}

/** Ids of what an organisation has, one of each kind. */
export interface Things {
  orgId: string;
  documentId: string;
  jobId: string;
  projectId: string;
  pointerId: string;
  /** In the file. */
  conversationId: string;
  /** In no file. */
  otherConversationId: string;
  fileId: string;
}

/** Brings in one of everything, on a stack whose worker is never called. */
export async function createThings(user: User): Promise<Things> {
  const documentId = await addDocument(user, "The roof leaks.");
  const job = await train(user, documentId);
  const drawing = await createDrawing(user);
  const [kept, removed, other] = await addConversations(user, 3) as [string, string, string];
  const file = await createFile(user, [kept, removed]);
  return {
    orgId: user.orgId,
    documentId,
    jobId: job.id,
    projectId: drawing.projectId,
    pointerId: await addCrop(user, drawing, { bytes: aCrop() }),
    conversationId: removed,
    otherConversationId: other,
    fileId: file.id,
  };
}

/** Ids like those, of nothing at all. */
export function missingThings(things: Things): Things {
  const entries = Object.keys(things).map((key) => [key, crypto.randomUUID()]);
  return { ...things, ...Object.fromEntries(entries) };
}
