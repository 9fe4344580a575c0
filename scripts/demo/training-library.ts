import { bar, type Narrator } from "./narrate.ts";
import { type DemoUser, invoke, signUp } from "./sign-up.ts";
import type { Endpoint } from "./stack-process.ts";

interface Question {
  question: string;
  /** File that holds the answer. */
  document: string;
  /** Words of the passage that answers. */
  answer: string;
}

interface SearchAnswer {
  matches: {
    document_id: string;
    title: string;
    content: string;
    heading_path: string[];
    similarity: number;
  }[];
  context: string;
}

const samples = new URL("../../samples/", import.meta.url);
const mimeTypes: Record<string, string> = { md: "text/markdown", txt: "text/plain" };

/**
 * Documents become searchable knowledge, on the way that a browser takes; returns who brought them
 * and what was found.
 */
export async function demoTrainingLibrary(
  narrator: Narrator,
  endpoint: Endpoint,
): Promise<{ user: DemoUser; answers: unknown }> {
  narrator.chapter("Training Library: documents become searchable knowledge");
  const user = await signUp(endpoint, "ada@tarnfield.example", "Tarnfield Hydrometrics");
  narrator.say(`${user.email} signed up and made the organisation Tarnfield Hydrometrics`);

  const documents = await uploadDocuments(narrator, user);
  await train(narrator, user, documents);
  const answers = await askQuestions(narrator, user, documents);
  await askAsStranger(narrator, endpoint, answers.map(({ question }) => question));
  return { user, answers };
}

async function uploadDocuments(
  narrator: Narrator,
  { client, orgId }: DemoUser,
): Promise<Map<string, string>> {
  const documents = new Map<string, string>();
  const folder = new URL("documents/", samples);
  const names = [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
  for (const name of names) {
    const id = crypto.randomUUID();
    const mime_type = mimeTypes[name.split(".").at(-1)!]!;
    const bytes = await Deno.readFile(new URL(name, folder));
    const storage_path = `${orgId}/${id}/${name}`;
    const upload = await client.storage.from("documents")
      .upload(storage_path, bytes, { contentType: mime_type });
    if (upload.error) throw upload.error;
    const title = name.replace(/\.\w+$/, "").replaceAll("-", " ");
    const row = await client.from("vault_documents")
      .insert({ id, org_id: orgId, title, storage_path, mime_type });
    if (row.error) throw new Error(`no row for ${name}`, { cause: row.error });
    documents.set(id, name);
    narrator.say(`uploaded ${name} (${bytes.byteLength} bytes)`);
  }
  return documents;
}

async function train(
  narrator: Narrator,
  user: DemoUser,
  documents: Map<string, string>,
): Promise<void> {
  for (const vaultDocumentId of documents.keys()) {
    await invoke(user, "training-library/train-for-doc", { vaultDocumentId });
  }
  narrator.say(`asked for the training of ${documents.size} documents; the worker was woken`);

  const deadline = performance.now() + 120_000;
  for (let shown = ""; performance.now() < deadline;) {
    const { data, error } = await user.client.from("mono_training_jobs")
      .select("status, progress, error_message, vault_document_id");
    if (error) throw new Error("jobs cannot be read", { cause: error });
    const progress = data.reduce((sum, job) => sum + job.progress, 0) / data.length;
    const ended = data.filter((job) => !["queued", "processing"].includes(job.status));
    const line = `${bar(progress)} ${ended.length} of ${data.length} documents trained`;
    if (line !== shown) narrator.say(line);
    shown = line;
    if (ended.length === data.length) {
      const failed = ended.filter((job) => job.status !== "completed");
      for (const job of failed) {
        narrator.say(`${documents.get(job.vault_document_id)}: ${job.error_message}`);
      }
      narrator.check(failed.length === 0, "every document is trained");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  narrator.check(false, "the training ends within two minutes");
}

async function askQuestions(narrator: Narrator, user: DemoUser, documents: Map<string, string>) {
  const questions: Question[] = JSON.parse(
    await Deno.readTextFile(new URL("questions.json", samples)),
  );
  const answers = [];
  for (const { question, document, answer } of questions) {
    const { matches, context } = await invoke<SearchAnswer>(user, "search", { query: question });
    const [best] = matches;
    narrator.say(`\u201c${question}\u201d`);
    const source = best && [documents.get(best.document_id), ...best.heading_path].join(" › ");
    if (best) {
      narrator.quote(`${source} (similarity ${best.similarity.toFixed(2)})\n${best.content}`);
    }
    const isRight = best !== undefined && documents.get(best.document_id) === document &&
      best.content.includes(answer);
    narrator.check(isRight, `the first passage answers it: “${answer}”`);
    answers.push({ question, source, passage: best?.content ?? null, context });
  }
  return answers;
}

async function askAsStranger(
  narrator: Narrator,
  endpoint: Endpoint,
  questions: string[],
): Promise<void> {
  const stranger = await signUp(endpoint, "eve@elsewhere.example", "Elsewhere");
  let found = 0;
  for (const query of questions) {
    found += (await invoke<SearchAnswer>(stranger, "search", { query })).matches.length;
  }
  narrator.check(
    found === 0,
    `${stranger.email} of another organisation asks the same and finds nothing`,
  );
}
