import { aCrop } from "../../support/crops.ts";
import { utf8 } from "../../support/documents.ts";
import type { Person } from "./people.ts";
import type { World } from "./world.ts";

/** Who may do what with the objects of a bucket. */
export interface BucketAccess {
  /** The lowest rank that is let in, or the only one who is. */
  reads: Person;
  writes: Person;
  deletes: Person;
  /** Is another's, whatever their rank. */
  isOwn?: true;
  type: string;
  content: () => Uint8Array<ArrayBuffer>;
  /** A new object's name, as its writer may choose it. */
  path: (world: World) => string;
}

const braces = () => utf8("{}");

/** Every bucket, by its id. */
export const buckets: Record<string, BucketAccess> = {
  "conversation-files": {
    reads: "editor",
    writes: "editor",
    deletes: "editor",
    isOwn: true,
    type: "application/json",
    content: braces,
    path: ({ users }) => `${users.editor.id}/${crypto.randomUUID()}/enriched.json`,
  },
  documents: {
    reads: "viewer",
    writes: "editor",
    deletes: "admin",
    type: "text/markdown",
    content: () => utf8("# Handbook"),
    path: ({ orgId }) => `${orgId}/${crypto.randomUUID()}/handbook.md`,
  },
  "pointer-crops": {
    reads: "viewer",
    writes: "editor",
    deletes: "admin",
    type: "image/png",
    content: () => aCrop(),
    path: ({ orgId, projectId }) => `${orgId}/${projectId}/${crypto.randomUUID()}.png`,
  },
  // Users reach it through signed URLs alone.
  "training-files": {
    reads: "service",
    writes: "service",
    deletes: "service",
    type: "application/json",
    content: braces,
    path: ({ fileId }) => `${fileId}/v1/${crypto.randomUUID()}.json`,
  },
};
