import fc from "fast-check";
import type { Person } from "../sweep/people.ts";
import { bytesOf, spoiltJson } from "./any-json.ts";
import type { RightRequest } from "./right-requests.ts";

/** A request as it is written to the connection. */
export interface FuzzRequest {
  person: Person;
  method: string;
  /** Path and query, in ASCII. */
  target: string;
  headers: [string, string][];
  body: Uint8Array<ArrayBuffer> | null;
  /** How the body is sent; what is cut ends before its declared length, with the connection. */
  transfer: "length" | "chunked" | "cut";
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];
const contentTypes = [
  "application/json",
  "application/json; charset=utf-8",
  "application/json; charset=utf-16",
  'application/json;charset="utf-8"; x=1',
  "APPLICATION/JSON",
  "text/plain",
  "text/csv",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
  "multipart/form-data; boundary=x",
  "application/octet-stream",
  "image/png",
  "/",
  "",
];
const oddHeaders: fc.Arbitrary<[string, string]> = fc.oneof(
  fc.tuple(fc.constant("content-type"), fc.constantFrom(...contentTypes)),
  fc.tuple(fc.constant("content-encoding"), fc.constantFrom("gzip", "br", "identity", "x, gzip")),
  fc.tuple(
    fc.constant("idempotency-key"),
    fc.oneof(fc.uuid(), fc.constantFrom("a", "", " ", "x".repeat(256), "a,b", "\u00e9")),
  ),
  fc.tuple(
    fc.constant("accept"),
    fc.constantFrom("*/*", "text/csv", "application/vnd.pgrst.object+json", "x", "application/xml"),
  ),
  fc.tuple(
    fc.constant("prefer"),
    fc.constantFrom(
      "return=representation",
      "count=exact",
      "resolution=merge-duplicates",
      "tx=rollback",
      "x=",
      ",",
    ),
  ),
  fc.tuple(fc.constantFrom("accept-profile", "content-profile"), fc.constantFrom("private", "x")),
  fc.tuple(fc.constant("range"), fc.constantFrom("0-0", "bytes=0-", "5-1", "-", "99999999999-")),
  fc.tuple(
    fc.constantFrom("authorization", "apikey"),
    fc.constantFrom(
      "",
      "Bearer",
      "Bearer x",
      "Bearer a.b.c",
      "Basic eDp5",
      "sb_secret_x",
      "\u00ff",
    ),
  ),
  fc.tuple(fc.constant("x-upsert"), fc.constantFrom("true", "maybe")),
  fc.tuple(fc.constant("origin"), fc.constantFrom("null", "https://evil.example", "")),
);

/** What takes the place of a piece of a path. */
const piece = fc.oneof(
  fc.uuid(),
  fc.constantFrom("1", "0", "-1", "1e3", "999999999", "x", "*", ".", "%2e%2e", "..%2f", "%00"),
  fc.constantFrom(
    "%",
    "%zz",
    "%c0%af",
    "%ff",
    "%5c",
    "a%0d%0ab",
    "%ed%a0%80",
    "a;b",
    "",
    "~".repeat(300),
  ),
  fc.string({ unit: "binary", maxLength: 12 }).map((text) =>
    encodeURIComponent(text.toWellFormed())
  ),
);

const field = fc.oneof(
  fc.constantFrom("orgId", "limit", "cursor", "status", "q", "min_quality", "format", "version"),
  fc.constantFrom("split", "seed", "validation_percent", "vaultDocumentId", "__proto__", "x", ""),
  fc.constantFrom(
    "select",
    "order",
    "offset",
    "id",
    "org_id",
    "or",
    "and",
    "on_conflict",
    "columns",
  ),
);
const fieldValue = fc.oneof(
  fc.constantFrom(
    "1",
    "-1",
    "0",
    "1e9",
    "1.5",
    "active",
    "json",
    "openai",
    "pair",
    "train",
    "%",
    "_",
  ),
  fc.constantFrom("eq.x", "is.null", "in.(1,2)", "in.(", "fts.x", "like.*", "not.", "*", "id,*"),
  fc.constantFrom("count()", "a->b", "(id.eq.1", "id.desc.nullsfirst", "id::text", "\0", "\ud800"),
  fc.uuid(),
  fc.string({ unit: "binary", maxLength: 20 }),
);
const query = fc.array(fc.tuple(field, fieldValue), { maxLength: 3 })
  .map((pairs) => new URLSearchParams(pairs).toString());

/** The target of a right request, with pieces replaced, doubled and added. */
function spoiltTarget(path: string, ids: string[]): fc.Arbitrary<string> {
  const [pathname, search = ""] = path.split("?") as [string, string?];
  const pieces = pathname.split("/");
  // Where it leads is kept: `/functions/v1/<name>` and the like.
  const first = 4;
  const replaced = fc.tuple(
    fc.nat(Math.max(0, pieces.length - first)),
    fc.oneof(fc.constantFrom(...ids), piece),
    fc.constantFrom("", "/", "//", "/."),
  ).map(([at, text, end]) =>
    [...pieces.slice(0, first + at), text, ...pieces.slice(first + at + 1)].join("/") + end
  );
  return fc.tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(pathname) },
      { weight: 2, arbitrary: replaced },
      { weight: 1, arbitrary: fc.constant(pathname.replaceAll("/", "//")) },
    ),
    fc.oneof({ weight: 3, arbitrary: fc.constant("") }, { weight: 2, arbitrary: query }),
  ).map(([path, more]) => {
    const all = [search, more].filter((text) => text !== "").join("&");
    return all === "" ? path : `${path}?${all}`;
  });
}

/** Requests of every sort, made by spoiling right ones; shrinks towards a right one. */
export function anyRequest(rights: RightRequest[], ids: string[]): fc.Arbitrary<FuzzRequest> {
  return fc.constantFrom(...rights).chain((right) => {
    const body: fc.Arbitrary<Uint8Array<ArrayBuffer> | null> = right.body === undefined
      ? fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, {
        weight: 1,
        arbitrary: bytesOf(spoiltJson({}, ids)),
      })
      : right.body instanceof Uint8Array
      ? fc.oneof(fc.constant(new Uint8Array(right.body)), bytesOf(fc.constant("{}")))
      : bytesOf(spoiltJson(right.body, ids));
    return fc.record({
      person: fc.oneof(
        { weight: 6, arbitrary: fc.constant(personFor(right)) },
        { weight: 1, arbitrary: fc.constantFrom<Person>("anonymous", "stranger", "viewer") },
      ),
      method: fc.oneof(
        { weight: 12, arbitrary: fc.constant(right.method) },
        { weight: 1, arbitrary: fc.constantFrom(...methods) },
      ),
      target: spoiltTarget(right.path, ids),
      headers: fc.array(oddHeaders, { maxLength: 1 }).map((odd) => [
        ...Object.entries(right.headers).filter(([name]) => odd.every(([other]) => other !== name)),
        ...odd,
      ]),
      body,
      transfer: fc.oneof(
        { weight: 12, arbitrary: fc.constant("length" as const) },
        { weight: 2, arbitrary: fc.constant("chunked" as const) },
        { weight: 1, arbitrary: fc.constant("cut" as const) },
      ),
    });
  });
}

/** Admins would sooner or later delete what the others are tried on. */
function personFor({ by }: RightRequest): Person {
  return ["admin", "owner", "service"].includes(by) ? "editor" : by;
}
