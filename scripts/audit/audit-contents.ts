import type { AuditCheck, Difference } from "./audit-check.ts";
import type { AuditClient } from "./audit-client.ts";
import { compareArtifacts } from "./compare-artifacts.ts";
import { compareConversations } from "./compare-conversations.ts";
import { compareCrops } from "./compare-crops.ts";
import { compareDocuments } from "./compare-documents.ts";

/** Compares what is of one kind; yields what differs, in no order. */
type Comparison = (client: AuditClient) => AsyncGenerator<Difference>;

const comparisons: [string, Comparison, string][] = [
  [
    "texts of documents",
    compareDocuments,
    "Train the document again: its file was replaced without a word, or cut by another version",
  ],
  [
    "bytes of training files",
    compareArtifacts,
    "Bring the object back from the backup of the bucket, or rebuild the file: add or remove a conversation",
  ],
  [
    "sources of training files",
    compareConversations,
    "Update the conversation's row, which announces the new bytes, and rebuild the file",
  ],
  [
    "images of crops",
    compareCrops,
    "POST /enrichment/pointers/:id/retry: the crop or its sheet was changed without a word",
  ],
];

/** Downloads every object that something was made of, and compares. One after the other. */
export async function auditContents(client: AuditClient): Promise<AuditCheck[]> {
  const checks: AuditCheck[] = [];
  for (const [check, compare, hint] of comparisons) {
    const found: Difference[] = [];
    for await (const difference of compare(client)) found.push(difference);
    checks.push({
      part: "contents",
      check,
      difference_count: found.length,
      differences: found.sort((a, b) => a.id < b.id ? -1 : 1).slice(0, 1000),
      hint: found.length > 0 ? hint : null,
    });
  }
  return checks;
}
