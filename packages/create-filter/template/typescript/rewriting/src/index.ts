/** Puts a footer under plain text. */
import { accept, concat, defineFilter, type FilterPackage, fromString, parseHeaders, rewrite } from '@candy/sdk'
import * as v from 'valibot'

const options = v.object({
  text: v.optional(v.pipe(v.string(), v.regex(/^[\x20-\x7e]+$/, 'must be one line of ASCII')), 'Scanned.'),
})

export const filter: FilterPackage = defineFilter({
  api: 1,
  name: '{{filter}}',
  rewrites: true,
  options,
  create: ({ text }) => ({
    judge: async (message) => {
      const names = parseHeaders(await message.headers()).map(({ name }) => name.toLowerCase())
      // In a message with parts the end is no place for text (RFC 2046), and a change breaks a signature (RFC 6376).
      if (names.some((name) => name.startsWith('content-') || name === 'dkim-signature')) return accept()
      return rewrite(() => concat(message.open(), fromString(`\r\n${text}\r\n`)))
    },
  }),
})
