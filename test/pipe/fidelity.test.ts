/** Pipe mode without filters: what comes out is what went in, for everything that Postfix hands over. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CandyGround, startCandy } from '../ground/candy.js'
import { connect, deliver, type Letter } from '../ground/client.js'
import { bodyOf, header, LETTERS, recipients, sender } from '../ground/letters.js'

describe.each(['sendmail', 'candy-in'] as const)('by way of %s', (reinject) => {
  let ground: CandyGround
  beforeAll(async () => {
    ground = await startCandy({ reinject, main: { allow_min_user: 'yes' } })
  })
  afterAll(() => ground.stop())

  test.each(Object.entries(LETTERS))('%s', async (_, letter) => {
    const sent: Letter = { sender, recipients, ...letter }
    ground.sink.clear()
    await deliver(ground.postfix.port, sent)
    const received = await ground.sink.waitFor(1)
    const [first] = received
    expect(first?.sender).toBe(sent.sender)
    expect(new Set(received.flatMap((message) => message.recipients))).toEqual(new Set(sent.recipients))
    expect(received.flatMap((message) => message.recipients)).toHaveLength(sent.recipients.length)
    for (const message of received) expect(bodyOf(message.bytes)).toEqual(bodyOf(sent.bytes))
    await ground.postfix.waitUntilEmpty()
  })

  test('a last line that does not end', async () => {
    ground.sink.clear()
    await using client = await connect(ground.postfix.port)
    await client.ehlo()
    await client.expect(`MAIL FROM:<${sender}>`)
    await client.expect(`RCPT TO:<${recipients[0]}>`)
    const bytes = `${header}no end`
    client.write(`BDAT ${bytes.length} LAST\r\n${bytes}`)
    expect((await client.read()).code).toBe(250)
    const [message] = await ground.sink.waitFor(1)
    expect(bodyOf(message?.bytes ?? '')).toBe('no end\r\n')
  })
})
