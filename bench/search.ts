import { type Bench, type BenchRow, benchRow } from "./bench.ts";
import { startBenchServer } from "./bench-server.ts";
import { createArms, matchCount } from "./search/arms.ts";
import { findNearest } from "./search/find-nearest.ts";
import { type Built, loadCorpus } from "./search/load.ts";
import { type Corpus, makeCorpus } from "./search/make-corpus.ts";
import { measureArms, type Measured, type Task } from "./search/measure-arm.ts";
import { measureRates, type Rates, storeTasks } from "./search/measure-rate.ts";
import { openClient } from "./search/open-client.ts";

const orgCount = 50;
const taskCount = 100;
/** The guide's takes a quarter of a second for each. */
const hybridTaskCount = 30;
/** Organisations by the order of their sizes. */
const classes = { large: [0, 0], medium: [5, 9], small: [40, 49] } as const;

/**
 * As hosted projects have it: with PostgreSQL's own price of a random page the guide's function
 * reads the whole table. The log is made large for the loading.
 */
const settings = `
shared_buffers = 2GB
effective_cache_size = 6GB
random_page_cost = 1.1
max_wal_size = 8GB
checkpoint_timeout = 30min`;

/** Search beside what a user would pick, on the same data in the same run, on a real PostgreSQL. */
export const benchSearch: Bench = async ({ rows: size = 100_000, say, describe }) => {
  const server = await startBenchServer(settings);
  const rows: BenchRow[] = [];
  try {
    const corpus = makeCorpus(size, orgCount);
    describe({ database: "postgresql", chunks: String(size), ...server.settings });
    const built = await loadCorpus(server, corpus, say);
    rows.push(...reportIndexes(built));
    const user = await openClient(server.url, "authenticated");
    const service = await openClient(server.url, "service_role");
    const { vector, guideVector, langchain, hybrid, guideHybrid } = createArms({ user, service });
    const isIn = (row: number, org: number) => corpus.orgOf[row] === org;
    for (const [name, [first, last]] of Object.entries(classes)) {
      const tasks = makeTasks(corpus, first, last);
      const byVector = await measureArms({ vector, guideVector, langchain }, tasks, isIn);
      const few = tasks.slice(0, hybridTaskCount);
      const byBoth = await measureArms({ hybrid, guideHybrid }, few, isIn);
      await storeTasks(server.sql, tasks);
      const rates = await measureRates(server.url, tasks.length);
      const sizes = [corpus.orgSizes[first]!, corpus.orgSizes[last]!];
      const where = `${name} organisation, ${[...new Set(sizes)].join(" to ")} chunks`;
      rows.push(...report(where, { ...byVector, ...byBoth }, rates));
      say(`${where}: done`);
    }
    await user.close();
    await service.close();
  } finally {
    await server.stop();
  }
  return rows;
};

function makeTasks(corpus: Corpus, first: number, last: number): Task[] {
  return Array.from({ length: taskCount }, (_, at) => {
    const org = first + (at % (last - first + 1));
    const question = corpus.ask(org);
    return { org, question, nearest: findNearest(corpus, org, question.vector, matchCount) };
  });
}

function reportIndexes({ ours, guide }: Built): BenchRow[] {
  const peer_name = "the guide's index";
  return [
    benchRow({
      scenario: "graph on disk",
      unit: "MB",
      ours: ours.megabytes,
      peer: guide.megabytes,
      peer_name,
      bar: { most: 1 },
    }),
    benchRow({
      scenario: "graph built over all chunks",
      unit: "s",
      ours: ours.seconds,
      peer: guide.seconds,
      peer_name,
      bar: { most: 1.3 },
    }),
  ];
}

type Arms = "vector" | "guideVector" | "langchain" | "hybrid" | "guideHybrid";

function report(
  where: string,
  measured: Record<Arms, Measured>,
  rates: { ours: Rates; guide: Rates },
): BenchRow[] {
  const { vector, guideVector, langchain, hybrid, guideHybrid } = measured;
  const latency = (scenario: string, ours: Measured, peer: Measured, name: string, most: number) =>
    benchRow({
      scenario: `${where}: ${scenario}`,
      unit: "ms at p50",
      ours: ours.p50,
      peer: peer.p50,
      peer_name: `${name}, ${peer.rows.toFixed(1)} rows, recall ${peer.recall.toFixed(3)}`,
      spread: `p99 ${ours.p99.toFixed(2)}, beside ${peer.p99.toFixed(2)}`,
      bar: { most },
    });
  const alone = (scenario: string, unit: string, ours: number, least: number) =>
    benchRow({
      scenario: `${where}: ${scenario}`,
      unit,
      ours,
      peer: null,
      peer_name: "",
      bar: { least },
    });
  const guide = "the guide's match_documents";
  return [
    alone("recall@10 against exact", "of 1", vector.recall, 0.99),
    alone("rows of 10, the fewest", "rows", vector.fewestRows, 10),
    latency("vector", vector, guideVector, guide, 1.3),
    // Where it finds too little, it is no alternative.
    ...(langchain.recall < 0.97 ? [] : [
      latency("vector", vector, langchain, "LangChain's SupabaseVectorStore", 0.5),
    ]),
    latency("hybrid", hybrid, guideHybrid, "the guide's hybrid_search", 0.05),
    ...(["one", "eight"] as const).map((clients) =>
      benchRow({
        scenario: `${where}: vector, ${clients} client${clients === "one" ? "" : "s"}`,
        unit: "searches/s",
        ours: rates.ours[clients],
        peer: rates.guide[clients],
        peer_name: guide,
        bar: { least: 1 / 1.3 },
      })
    ),
  ];
}
