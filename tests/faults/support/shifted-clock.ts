/** Preloaded, makes the clock of a process wrong by `CLOCK_SHIFT_SECONDS`. */
const shiftMs = Number(Deno.env.get("CLOCK_SHIFT_SECONDS")) * 1000;
const rightNow = Date.now;

globalThis.Date = new Proxy(Date, {
  get: (own, name) => name === "now" ? () => rightNow() + shiftMs : Reflect.get(own, name),
  construct: (own, given) => Reflect.construct(own, given.length ? given : [rightNow() + shiftMs]),
});
