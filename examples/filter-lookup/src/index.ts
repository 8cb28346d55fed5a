/**
 * Asks an HTTP service what is known of the sender, before anybody looks at the message itself.
 *
 * `context.signal` is the deadline: it goes to whatever waits, and nothing else keeps time here. There is no `catch` that ends
 * in a verdict: a service that is away, slow or broken makes `judge` throw, and then the operator's `on_error` answers.
 */
import {
  accept,
  addHeader,
  defineFilter,
  type FilterPackage,
  type Judgement,
  type Message,
  printable,
  quarantine,
  reject,
} from '@candy/sdk'
import { options } from './options.js'
import { type Answer, openService } from './service.js'

export const filter: FilterPackage = defineFilter({
  api: 1,
  name: 'lookup',
  fields: ['X-Reputation'],
  options,
  create: ({ url }) => {
    const service = openService(url)
    return {
      judge: async (message, { signal, log }) => {
        const answer = await service.ask(identity(message), signal)
        log('looked up', { reputation: answer.reputation, reason: printable(answer.reason) })
        return verdict(answer)
      },
      check: async ({ signal }) => {
        try {
          await service.ask({ sender: '' }, signal)
          return { ok: true, text: `${url} answers` }
        } catch (error) {
          return { ok: false, text: `${url}: ${printable(String(error))}` }
        }
      },
      close: async () => service.close(),
    }
  },
})

/** What the service is told, and no more: nothing of the content, and no recipient. */
function identity({ envelope: { sender, client } }: Message): Record<string, string> {
  return { sender, ...(client && { address: client.address, ...(client.name !== undefined && { name: client.name }) }) }
}

/** The reason stays in the log: it would tell a spammer what to change. */
function verdict({ reputation }: Answer): Judgement {
  switch (reputation) {
    case 'bad':
      return reject('the sender has a bad reputation', [7, 1])
    case 'suspect':
      return quarantine('the sender has a doubtful reputation', [7, 1])
    case 'good':
    case 'unknown':
      return accept([addHeader('X-Reputation', reputation)])
  }
}
