/** Only where an address follows: a legend has `[1]: CLEAN ALL WELDS`. */
const definition =
  /^ {0,3}\[[^\]\n]{1,500}\]:[ \t]*(?:<[^<>\n]*>|(?:[a-z][a-z0-9+.-]{1,30}:|\/|#|www\.)\S*)(?:[ \t]+["'(][^\n]*)?[ \t]*$/gim;
const inline = /!?\[([^\[\]]{0,2000})\]\((?:[^()\\\n]|\\.|\([^()\n]*\)){0,2000}\)/g;
const byName = /!?\[([^\[\]]{1,2000})\]\[[^\[\]\n]{0,500}\]/g;
const autolink = /<([a-z][a-z0-9+.-]{1,30}:[^<>\s]{1,2000})>/gi;
const address = /\b(?:[a-z][a-z0-9+.-]{1,30}:\/\/|www\.|mailto:|data:)[^\s`<>"')\]]+/gi;

/** An image in a link has two layers; what lies deeper is made harmless, not peeled. */
const maxPasses = 3;

/**
 * Markdown without anything that a renderer would fetch or link: images and links become their
 * text, addresses become code, HTML becomes text. A drawing, or a model that a drawing has talked
 * into it, could otherwise send what a reader sees to a stranger.
 */
export function stripMarkdownLinks(markdown: string): string {
  let text = markdown.replace(definition, "");
  for (let pass = 0; pass < maxPasses; pass++) {
    text = text.replace(inline, "$1").replace(byName, "$1");
  }
  return text
    // Whatever brackets are left, none of them closes a link's text or a definition's name.
    .replace(
      /(\\*)\](?=[(\[:])/g,
      (_, slashes: string) => slashes.length % 2 === 1 ? `${slashes}]` : `${slashes}\\]`,
    )
    .replace(autolink, "$1")
    .replace(/<(?=[a-z!/?])/gi, "&lt;")
    .split(/((?<!\\)`[^`\n]*`)/)
    .map((part, index) => index % 2 === 1 ? part : part.replace(address, "`$&`"))
    .join("");
}
