/**
 * `candy trace` with a real Postfix in each mode: whichever id, Message-ID or address somebody has of a message, they find the
 * same one, in the logs that Postfix and candy write where they were told to.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CandyTestBed, startCandy } from '../kit/candy.js'
import { deliver } from '../kit/client.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'

type Bed = CandyTestBed | RelayTestBed

interface Message {
  readonly queueIds: readonly string[]
  readonly ownIds: readonly string[]
  readonly quarantined: readonly string[]
  readonly recipients: readonly { readonly recipient: string; readonly outcome: string }[]
  readonly events: readonly { readonly event: string; readonly queueId?: string; readonly filters?: string }[]
}

const FILTERS = {
  '50-scan': `#!/bin/sh
case $(cat) in *UNWANTED*) echo "5.7.1 unwanted"; exit 69;; esac
`,
}

/** Mail for `all` goes to `one` and `two`. */
const MAIN = { virtual_alias_maps: 'inline:{{all@example.org = one@example.org, two@example.org}}' }

const MODES: Readonly<Record<string, () => Promise<Bed>>> = {
  smtp: () => startRelay({ filters: FILTERS, workers: 1, main: { ...MAIN, enable_long_queue_ids: 'yes' } }),
  'smtp over TCP': () => startRelay({ tcp: true, filters: FILTERS, workers: 1, main: MAIN }),
  'smtp-before': () => startRelay({ mode: 'smtp-before', filters: FILTERS, workers: 1, main: MAIN }),
  milter: () => startRelay({ mode: 'milter', filters: FILTERS, workers: 1, main: MAIN }),
  'pipe, back by candy-in': () => startCandy({ reinject: 'candy-in', filters: FILTERS, main: MAIN }),
  'pipe, back by sendmail(1)': () => startCandy({ reinject: 'sendmail', filters: FILTERS, main: MAIN }),
}

/** The messages that are found, as a person finds them: at the host, without a word about where the logs are. */
async function trace(bed: Bed, what: string, status = 0): Promise<readonly Message[]> {
  const result = await bed.postfix.run(process.execPath, [bed.installation.candy, 'trace', what, '--json'])
  expect({ stderr: result.stderr.toString(), status: result.status }).toEqual({ stderr: '', status })
  return JSON.parse(result.stdout.toString()).messages
}

async function one(bed: Bed, what: string): Promise<Message> {
  const messages = await trace(bed, what)
  expect(messages).toHaveLength(1)
  return messages[0] as Message
}

/** The queue ids under which cleanup(8) has seen this Message-ID. */
async function idsOf(bed: Bed, messageId: string): Promise<readonly string[]> {
  const lines = (await bed.postfix.log()).matchAll(/: ([0-9A-Za-z]+): message-id=<(.*)>$/gm)
  return [...lines].flatMap(([, id = '', name]) => (name === messageId ? [id] : []))
}

function send({ postfix }: Bed, name: string, recipients: readonly string[], body = 'body'): Promise<unknown> {
  const bytes = `Message-ID: <${name}@example.com>\r\nSubject: x\r\n\r\n${body}\r\n`
  return deliver(postfix.port, { sender: `${name}@example.com`, recipients, bytes })
}

describe.each(Object.entries(MODES))('in mode %s', (mode, start) => {
  const before = mode === 'smtp-before' || mode === 'milter'
  let bed: Bed

  beforeAll(async () => {
    bed = await start()
    await send(bed, 'first', ['other@example.net'])
    await send(bed, 'traced', ['bob@example.net', 'carol@example.net'])
    await send(bed, 'alias', ['all@example.org'])
    await send(bed, 'unwanted', ['bob@example.net'], 'UNWANTED').catch(() => {})
    await bed.postfix.waitUntilEmpty()
  })
  afterAll(() => bed.stop())

  test('both queue ids, the Message-ID, the sender and a recipient lead to one message', async () => {
    const ids = await idsOf(bed, 'traced@example.com')
    expect(ids).toHaveLength(before ? 1 : 2)
    const message = await one(bed, '<traced@example.com>')
    expect(message.queueIds).toEqual(ids)
    expect(message.recipients.map(({ recipient, outcome }) => `${recipient} ${outcome}`).toSorted()).toEqual([
      'bob@example.net delivered',
      'carol@example.net delivered',
    ])
    const judged = message.events.find(({ event }) => event === 'judged')
    expect(judged?.filters).toMatch(/^50-scan accept \d+ ms$/)
    for (const what of [...ids, ...message.ownIds, 'traced@example.com', 'carol@example.net'])
      expect(await one(bed, what)).toEqual(message)
    expect(await trace(bed, 'bob@example.net')).toContainEqual(message)
  })

  test('a recipient behind an alias leads to the message as it came in', async () => {
    const message = await one(bed, 'two@example.org')
    expect(message.events[0]?.event).toBe('received')
    expect(message.queueIds).toEqual(await idsOf(bed, 'alias@example.com'))
    expect(message.recipients.map(({ recipient, outcome }) => `${recipient} ${outcome}`).toSorted()).toEqual([
      'one@example.org delivered',
      'two@example.org delivered',
    ])
  })

  test('an unwanted message has its name in the quarantine, or was refused', async () => {
    const message = await one(bed, 'unwanted@example.com')
    expect(message.recipients).toMatchObject([
      { recipient: 'bob@example.net', outcome: before ? 'refused' : 'quarantined' },
    ])
    const names = (await bed.quarantined()).map(({ name }) => name)
    expect(message.quarantined).toEqual(names)
    for (const what of [...names, ...message.ownIds]) expect(await one(bed, what)).toEqual(message)
  })

  test('mail from sendmail(1), of which candy may be told no queue id, is found by all that it has', async () => {
    const input = 'Message-ID: <local@example.com>\nSubject: x\n\nbody\n'
    await bed.postfix.run('/usr/sbin/sendmail', ['-f', 'local@example.com', 'dave@example.net'], { input })
    await bed.postfix.waitForLog(/to=<dave@example\.net>, .*Ok: kept/)
    await bed.postfix.waitUntilEmpty()
    const message = await one(bed, 'local@example.com')
    expect(message.queueIds).toEqual(await idsOf(bed, 'local@example.com'))
    expect(message.events[0]?.event).toBe('received')
    for (const id of [...message.queueIds, ...message.ownIds]) expect(await one(bed, id)).toEqual(message)
  })

  test('what nobody has sent is not found', async () => {
    expect(await trace(bed, 'nobody@example.org', 1)).toEqual([])
  })

  test('the message is found when its logs are rotated and compressed', async () => {
    const message = await one(bed, '<traced@example.com>')
    const home = join(bed.postfix.configDirectory, '..')
    for (const log of [join(home, 'mail.log'), join(bed.directory, 'log/candy.log')]) {
      await rename(log, `${log}.1`)
      await writeFile(`${log}.2.gz`, await promisify(gzip)(await readFile(`${log}.1`)))
      await rename(`${log}.1`, `${log}.kept`)
    }
    expect(await one(bed, '<traced@example.com>')).toEqual(message)
  })
})
