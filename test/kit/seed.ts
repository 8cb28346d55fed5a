/**
 * Where the random input of every test comes from: the same seed each time, so that a red run is the change's doing.
 * `CANDY_SEED=N` gives another one, `CANDY_SEED=random` one that nobody chose. Named in a failure by fast-check.
 */
import fc from 'fast-check'

const wish = process.env.CANDY_SEED ?? '20031'

export const SEED: number = wish === 'random' ? Date.now() % 2 ** 31 : Number(wish)

if (!Number.isSafeInteger(SEED)) throw new Error(`CANDY_SEED is a whole number, or "random"; it is "${wish}"`)

fc.configureGlobal({ seed: SEED })
