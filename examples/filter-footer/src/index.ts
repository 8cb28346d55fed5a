/**
 * Puts a footer under the text of a message, in the MIME parts where its reader sees it.
 *
 * `judge` finds the places and the content puts the footer there, so that every other byte of the message is its own. What is
 * signed or encrypted is left alone, and so is what cannot be taken apart: a footer is no reason to hold mail up. Only a message
 * that cannot be read is an error.
 */
import { accept, type Context, defineFilter, type FilterPackage, type Message, parseHeaders, rewrite } from '@candy/sdk'
import { footer, type Insertion } from './footer.js'
import { type Options, options } from './options.js'
import { splice } from './splice.js'
import { textParts } from './text-part.js'
import { Unsplittable, walk } from './walk.js'

export const filter: FilterPackage = defineFilter({
  api: 1,
  name: 'footer',
  rewrites: true,
  options,
  create: (settings) => ({
    judge: async (message, context) => {
      const found = await insertions(message, settings, context)
      if (typeof found !== 'string') return rewrite(() => splice(message.open(), found))
      context.log('no footer', { reason: found })
      return accept()
    },
  }),
})

/** Where the footer goes; a word on why nowhere, where the message does not get one. */
async function insertions(message: Message, settings: Options, { signal }: Context): Promise<Insertion[] | string> {
  const { sender } = message.envelope
  const domain = sender.slice(sender.lastIndexOf('@') + 1).toLowerCase()
  if (settings.domains.length > 0 && !settings.domains.includes(domain)) return 'sender'
  // RFC 6376, RFC 8617: the signature covers the body.
  const names = parseHeaders(await message.headers()).map(({ name }) => name.toLowerCase())
  if (names.some((name) => name === 'dkim-signature' || name === 'arc-seal')) return 'signed'
  try {
    const parts = await textParts(walk(message.open(), signal))
    if (parts.some(({ armored }) => armored)) return 'signed or encrypted'
    const footers = parts.map((part) => footer(settings.text, part))
    const possible = footers.filter((one) => typeof one !== 'string')
    return possible.length > 0 ? possible : (footers.find((one) => typeof one === 'string') ?? 'no text')
  } catch (error) {
    if (error instanceof Unsplittable) return error.message
    throw error
  }
}
