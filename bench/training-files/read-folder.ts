import { convertExchanges } from "./convert-exchanges.ts";

/** The bytes of an enriched conversation, and where they come from. */
export interface FolderConversation {
  name: string;
  id: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The conversations of a folder's `*.json`, in the order of their names: a file is one enriched
 * conversation, or a list of exchanges that makes many. Throws when there is none.
 */
export async function readFolder(folder: URL): Promise<FolderConversation[]> {
  const names = [...Deno.readDirSync(folder)].map((entry) => entry.name)
    .filter((name) => name.endsWith(".json")).sort();
  const conversations: FolderConversation[] = [];
  for (const name of names) {
    const bytes = await Deno.readFile(new URL(encodeURIComponent(name), folder));
    const text = new TextDecoder().decode(bytes);
    if (!text.trimStart().startsWith("[")) {
      conversations.push({ name, id: crypto.randomUUID(), bytes });
      continue;
    }
    for (const [id, converted] of convertExchanges(JSON.parse(text))) {
      conversations.push({ name: `${name} ${id}`, id, bytes: converted });
    }
  }
  if (conversations.length === 0) {
    throw new Error(`${folder.pathname} has no enriched conversation`);
  }
  return conversations;
}
