/** Preloaded into a process, shifts its clock by `UMPIRE_TEST_SKEW` milliseconds, and that of no other. */

const skew = Number(process.env.UMPIRE_TEST_SKEW)
const now = Date.now

Date.now = () => now() + skew
globalThis.Date = new Proxy(Date, {
  apply: () => new Date().toString(),
  construct: (date, args, made) => Reflect.construct(date, args.length === 0 ? [Date.now()] : args, made),
})
