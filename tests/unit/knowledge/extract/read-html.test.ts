import { describe, expect, test } from "vitest";
import { extractText } from "../../../../shared/knowledge/extract-text.ts";
import { utf8 } from "../../../support/documents.ts";

const read = async (html: string) => (await extractText(utf8(html), "text/html")).text;
const prose = "Every employee has twenty-five days of holiday a year, and they carry over. ".repeat(
  8,
);

describe("a web page", () => {
  test("is its main content without what stands around it, under its title", async () => {
    const text = await read(
      `<html><head><title>Holidays | Acme</title><style>p {}</style></head><body>
       <nav><ul><li><a href="/">Home</a></li><li><a href="/jobs">Jobs</a></li></ul></nav>
       <div class="sidebar"><a href="/ad">Buy our things</a></div>
       <article><h2>Rules</h2><p>${prose}</p><p>${prose}</p></article>
       <footer>All rights reserved</footer><script>alert(1)</script></body></html>`,
    );

    expect(text).toMatch(/^# Holidays \| Acme\n\n## Rules\n\nEvery employee/);
    expect(text).not.toMatch(/Home|Jobs|Buy|reserved|alert/);
  });

  test("of few words is read without its menus", async () => {
    const text = await read(
      "<!doctype html><title>Fees</title><nav><a href=/>Home</a></nav>" +
        "<main><h1>Fees</h1><p>We charge 5.</p></main>",
    );

    expect(text).toBe("# Fees\n\nWe charge 5.");
  });

  test("keeps every section of what it calls its main content, and leaves out the rest", async () => {
    const text = await read(
      `<body><header><p>Acme Bank</p></header><div id="cookie-banner"><p>We use cookies.</p></div>
       <main><header><h1>Loans</h1></header><div class="intro"><p>${prose}</p><p>${prose}</p></div>
       <div class="related"><h2>Veterans</h2><ul><li>No fee</li></ul></div>
       <aside><h2>More</h2><p><a href="/a">Cards and accounts</a></p></aside></main>
       <footer><p>All rights reserved</p></footer></body>`,
    );

    expect(text).toMatch(/^# Loans\n\nEvery employee[^]*\n\n## Veterans\n\n- No fee$/);
  });

  test("keeps the text around a large table, and the sections beside a long one", async () => {
    const rows = Array.from({ length: 2000 }, (_, age) => `<tr><td>${age}<td>0.00${age}</tr>`);
    const text = await read(
      `<body><nav>Menu</nav><div><p>Deaths by age in 2010.</p></div>
       <div><table><tr><th>Age<th>Rate</tr>${rows.join("")}</table></div>
       <div class="sidebar"><p>${prose}</p></div></body>`,
    );

    expect(text).toContain("Deaths by age in 2010.");
    expect(text).toContain("| 79 | 0.0079 |");
    expect(text).toContain(prose.trim());
    expect(text).not.toContain("Menu");
  });

  test.for(["main", "div"])(
    "in a <%s> keeps what a script reveals, and its warnings",
    async (tag) => {
      const text = await read(
        `<body><${tag}><h1>Questions</h1><p>${prose}</p>
       <h2><button>May I pay later?<i aria-hidden="true">expand_more</i></button></h2>
       <div hidden><p>Yes, within 30 days.</p></div><h2>And in cash?</h2>
       <div hidden="until-found"><p>No, never.</p></div>
       <aside class="warning"><p>Fees may <a href="/fees">rise</a> next year.</p></aside></${tag}>
       <template><p>Row of a list</p></template></body>`,
      );

      expect(text).toContain("## May I pay later?\n\nYes, within 30 days.");
      expect(text).toContain("## And in cash?\n\nNo, never.\n\nFees may rise next year.");
      expect(text).not.toMatch(/expand_more|Row of a list/);
    },
  );

  test("is read beyond what it calls its main content where most words are elsewhere", async () => {
    const text = await read(
      `<body><main><p>Search here.</p></main><div><p>${prose}</p></div></body>`,
    );

    expect(text).toContain("Search here.");
    expect(text).toContain("Every employee");
  });

  test("keeps the words of a form that is around all of it", async () => {
    const text = await read(
      `<body><form id="aspnetForm"><input value="x"><div><p>${prose}</p></div></form>
       <form><label>Search</label><input></form></body>`,
    );

    expect(text).toContain("Every employee");
    expect(text).not.toContain("Search");
  });

  test("keeps every table, also a small one, and each of its rows can be read alone", async () => {
    const text = await read(
      `<html><body><h1>Rates</h1><p>${prose}</p><table><caption>By room</caption>
       <tr><th>Room<th>Nights<th>Price</tr><tr><td rowspan=2>Small<td>1<td>10</tr>
       <tr><td>2<td>18 | 19</tr><tr><td colspan=2>Large<td><p>30</p><p>net</p></tr></table></body></html>`,
    );

    expect(text).toContain(
      "By room\n\n| Room | Nights | Price |\n| --- | --- | --- |\n| Small | 1 | 10 |\n" +
        "| Small | 2 | 18 \\| 19 |\n| Large | Large | 30 net |",
    );
    expect(text.match(/Rates/g)).toHaveLength(1);
  });

  test("keeps a table of links without a head, which a reader view drops", async () => {
    const text = await read(
      `<html><body><nav>Menu</nav><article><p>${prose}</p><p>${prose}</p>
       <table><tr><td><a href="/1">Small</a></td><td><a href="/2">Ten</a></td></tr>
       <tr><td><a href="/3">Large</a></td><td><a href="/4">Thirty</a></td></tr></table>
       <p>${prose}</p></article></body></html>`,
    );

    expect(text).toContain("| Small | Ten |\n| --- | --- |\n| Large | Thirty |");
    expect(text).not.toContain("Menu");
  });

  test("keeps lists, code and line breaks", async () => {
    const text = await read(
      `<body><ul><li>One<ul><li>Inner</li></ul></li><li>Two</li></ul><ol><li>First<li>Second</ol>
       <p>a<br>b</p><pre><code>x = 1\n\ny = \`2\`</code></pre></body>`,
    );

    expect(text).toBe(
      "- One\n  - Inner\n- Two\n\n1. First\n2. Second\n\na\nb\n\n```\nx = 1\n\ny = `2`\n```",
    );
  });

  test("numbers its lists as the page does", async () => {
    const text = await read(
      `<body><ol start="5"><li>Five<li>Six<li value="9">Nine<li>Ten</ol><p>a</p>
       <ol start="x"><li>One</ol></body>`,
    );

    expect(text).toBe("5. Five\n6. Six\n9. Nine\n10. Ten\n\na\n\n1. One");
  });

  test("keeps the words of links and pictures, and drops where they lead", async () => {
    const text = await read(
      `<body><p>See <a href="https://evil.test/?q=secret">the <b>rates</b></a> ` +
        `<img src="https://evil.test/x.png" alt=" of 2026 "></p></body>`,
    );

    expect(text).toBe("See the rates of 2026");
  });

  test("is read as the whole where no part of it stands out", async () => {
    const sections = Array.from(
      { length: 30 },
      (_, at) => `<div><h2>Q${at}</h2><div>A${at}</div></div>`,
    );
    const text = await read(`<html><body>${sections.join("")}</body></html>`);

    expect(sections.every((_, at) => text.includes(`## Q${at}\n\nA${at}`))).toBe(true);
  });

  test.for([
    ["without body", "<html><head><title>T</title></head><p>Hello"],
    ["without html", "<!doctype html><meta charset=utf-8><title>T</title><p>Hello"],
    ["of one element, if it is claimed to be one", "<title>T</title><p>Hello</p>"],
  ])("%s is read", async ([, html]) => {
    expect(await read(html!)).toBe("# T\n\nHello");
  });

  test("is read in the encoding that it declares", async () => {
    const page =
      '<html><head><meta charset="windows-1251"></head><body><p>\xc4\xe0</p></body></html>';
    const bytes = Uint8Array.from(page, (letter) => letter.charCodeAt(0));

    expect((await extractText(bytes, "text/html")).text).toBe("Да");
  });

  test.for([
    ["hard spaces", `<p>a${"&#8195;".repeat(40_000)}b`],
    ["line breaks", `<p>a${"<br>".repeat(40_000)}b`],
    ["blank lines of code", `<pre>a${"\n".repeat(1_000_000)}b</pre>`],
    ["open elements", "<div>".repeat(40_000)],
    ["open asides", "<aside>a".repeat(40_000)],
    [
      "asides and articles in each other",
      `${"<aside><article>a".repeat(240)}${"b ".repeat(2_000_000)}`,
    ],
    ["words deep inside", `${"<div>".repeat(480)}${"<b>a</b>".repeat(10_000)}`],
    ["headers deep inside", `${"<div>".repeat(480)}${"<header>a</header>".repeat(20_000)}`],
    ["list items", `<ol>${"<li>x".repeat(20_000)}</ol>`],
    ["cells over cells", `<table>${"<tr><td rowspan=99 colspan=99>x</tr>".repeat(9_000)}</table>`],
    ["tags that never end", "<html ".repeat(90_000)],
    ["character references", "&lt;".repeat(1_000_000)],
  ])(
    "of nothing but %s is read or refused within seconds",
    { timeout: 15_000 },
    async ([, html]) => {
      const error = await read(html!).then(() => undefined, (error) => error);

      expect(error?.name ?? "DocumentError").toBe("DocumentError");
    },
  );
});
