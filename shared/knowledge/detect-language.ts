import type { TextLanguage } from "./text-languages.ts";

/**
 * Words that are frequent in a language and rare in its neighbours. Those that PostgreSQL has no
 * stems for are here so that they are not taken for another.
 */
const frequentWords: [TextLanguage, string][] = [
  [
    "english",
    "the and of to in is that it for was with as on are be this by not or from at have you a an",
  ],
  [
    "german",
    "der die das und ist nicht ein eine zu den von mit für auf im sich des dem auch als wird",
  ],
  [
    "french",
    "le la les et des est une dans que qui pour pas du sur au avec ce il par plus sont en un",
  ],
  [
    "spanish",
    "el la los las y es que en del una por con para se no su al lo como más o pero sus un",
  ],
  [
    "italian",
    "il di che è e la per una in del non con sono della le si da gli alla dei nel un anche",
  ],
  [
    "portuguese",
    "o de que e do da em um para é com não uma os no se na por mais as dos ao foi são",
  ],
  [
    "dutch",
    "de het een en van is dat niet in op te zijn voor met aan er ook als bij wordt door naar",
  ],
  ["swedish", "och att det som en på är av för med den till inte har om ett var jag från kan de"],
  ["danish", "og at det en den til er som på de med han af for ikke der var jeg et har fra blev"],
  ["norwegian", "og det er å en som på til av med for ikke at har den de et jeg fra var ble kan"],
  ["finnish", "ja on ei se että hän oli ovat mutta kun niin myös joka tai sen ole mitä tämä jos"],
  ["hungarian", "a az és hogy nem is egy meg de van volt ezt csak már mint azt vagy el még ha"],
  ["romanian", "și de în la a este nu pe cu care o un să din pentru mai ce sunt se au fost lui"],
  ["turkish", "ve bir bu da de için ile çok olarak olan daha gibi kadar ne ama o en her var değil"],
  ["catalan", "el la els les i de que en és una per amb no del un al com més són ha aquest"],
  ["indonesian", "yang dan di dari untuk dengan ini itu pada tidak dalam adalah ke akan juga oleh"],
  ["lithuanian", "ir yra kad į iš su tai kaip bet ar nuo apie buvo po už tik dar per arba"],
  ["russian", "и в не на что я с он как это по но из у за от для так все его был она мы"],
  ["simple", "i w na z do nie się jest to że o jak od po przez dla są oraz ma za ale czy być a"],
  ["simple", "a v na se je že s z do o i to k ve pro za by ale jako po od jsou které má byl"],
  ["simple", "і в на не що з до та як у за від по для це його про або є він був які при"],
  ["simple", "và của là có trong được cho các không một với những người khi đã này để từ"],
];

/** Writing systems that stand for one of PostgreSQL's languages. */
const scripts: [TextLanguage, RegExp][] = [
  ["greek", /\p{Script=Greek}/gu],
  ["arabic", /\p{Script=Arabic}/gu],
  ["armenian", /\p{Script=Armenian}/gu],
  ["hindi", /\p{Script=Devanagari}/gu],
  ["tamil", /\p{Script=Tamil}/gu],
];

const sampleLength = 20_000;
/** Fewer words say too little. */
const leastWords = 20;
/** Of all words; running text has 20 % to 50 %. */
const leastShare = 0.08;

const wordSets = frequentWords.map(([language, words]) => ({
  language,
  words: new Set(words.split(" ")),
}));

/**
 * The language of a text, by its script and its most frequent words: english for a text that is too
 * short to tell, simple for one in a language that is not known here.
 */
export function detectLanguage(text: string): TextLanguage {
  const sample = text.slice(0, sampleLength);
  const letters = sample.match(/\p{Letter}/gu)?.length ?? 0;
  for (const [language, script] of scripts) {
    if ((sample.match(script)?.length ?? 0) > letters / 2) return language;
  }
  const words = sample.toLowerCase().match(/\p{Letter}+/gu) ?? [];
  if (words.length < leastWords) return /[^\p{ASCII}]{2}/u.test(sample) ? "simple" : "english";
  const counts = wordSets.map(({ language, words: frequent }) => ({
    language,
    count: words.filter((word) => frequent.has(word)).length,
  }));
  const best = counts.reduce((first, other) => other.count > first.count ? other : first);
  return best.count >= words.length * leastShare ? best.language : "simple";
}
