/** What an operator can write under `[options]`. `filters.d/15-lookup.toml` shows every key. */
import { z } from 'zod'

/** The schema of `[options]`. */
export const options: z.ZodType<{ url: string }> = z.strictObject({
  url: z.url({
    protocol: /^http$/,
    error: 'must be the service’s address, such as "http://127.0.0.1:8090/reputation"',
  }),
})
