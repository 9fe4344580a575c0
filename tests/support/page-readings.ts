import type { User } from "./user.ts";
import { openAiAnswer, type VisionCall } from "./vision-server.ts";

/** Has scans read of the documents of an organisation that gets a training set by this. */
export async function readScans({ client, orgId }: User, trainingSet: string): Promise<void> {
  await client.from("mono_training_sets")
    .insert({ org_id: orgId, name: trainingSet, reads_scans: true }).throwOnError();
}

/** The page that is to be read; not a number where a crop is. */
export const pageOf = ({ body }: VisionCall): number =>
  Number(body.input[0].content[0].text.match(/"page":(\d+)/)?.[1]);

/** A page's text, as a model answers it. */
export const answerPage = (markdown: string): Response =>
  openAiAnswer(JSON.stringify({ markdown }));

/** Reads any page, so that its text tells which it was. */
export const transcribe = (call: VisionCall): Response =>
  answerPage(`Text of page ${pageOf(call)}.`);
