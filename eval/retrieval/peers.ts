import type { SqlClient } from "../../local/database/sql-client.ts";

/** What is asked of all peers. */
export interface PeerQuestion {
  text: string;
  embedding: string;
}

/** A way to search: documents by their best chunk, best first. */
export interface Peer {
  name: string;
  search(question: PeerQuestion): Promise<string[]>;
}

type Row = { id: string };

/** Copies the chunks into the eval's own schema, with the functions of `peers.sql`. */
export async function createPeers(database: SqlClient): Promise<Peer[]> {
  await database.exec(await Deno.readTextFile(new URL("peers.sql", import.meta.url)));
  const documents = async (
    statement: string,
    parameters: unknown[],
  ) => [...new Set((await database.query<Row>(statement, parameters)).map(({ id }) => id))];
  return [
    {
      name: "BM25 in SQL",
      search: ({ text }) => documents("select vault_document_id as id from eval.bm25($1)", [text]),
    },
    {
      // No threshold: with the one of the guide it finds less.
      name: "match_documents of the guide",
      search: ({ embedding }) =>
        documents(
          "select vault_document_id as id from eval.match_documents($1::extensions.vector, -2, 200)",
          [embedding],
        ),
    },
    {
      name: "hybrid_search of the guide",
      search: ({ text, embedding }) =>
        documents(
          "select vault_document_id as id from eval.hybrid_search($1, $2::extensions.vector, 30)",
          [text, embedding],
        ),
    },
  ];
}
