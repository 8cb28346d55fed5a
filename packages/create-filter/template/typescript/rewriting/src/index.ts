/** A filter that adds a footer to plain text messages. */
import { accept, concat, defineFilter, type FilterPackage, fromString, parseHeaders, rewrite } from '@candy/sdk'
import * as v from 'valibot'

const options = v.object({
  text: v.optional(v.pipe(v.string(), v.regex(/^[\x20-\x7e]+$/, 'must be one line of ASCII')), 'Scanned.'),
})

export const filter: FilterPackage = defineFilter({
  // The version of the interface between filters and @candy/sdk.
  api: 1,
  name: '{{filter}}',
  // Only a filter that declares this may replace messages.
  rewrites: true,
  options,
  create: ({ text }) => ({
    // The runner calls judge once for each message. judge returns what is to become of it.
    judge: async (message) => {
      const names = parseHeaders(await message.headers()).map(({ name }) => name.toLowerCase())
      // Text after the last part of a multipart message is not shown (RFC 2046 section 5.1.1). Text cannot be appended to an
      // encoded body. Any change of the body breaks a DKIM signature (RFC 6376).
      if (names.some((name) => name.startsWith('content-') || name === 'dkim-signature')) return accept()
      return rewrite(() => concat(message.open(), fromString(`\r\n${text}\r\n`)))
    },
  }),
})
