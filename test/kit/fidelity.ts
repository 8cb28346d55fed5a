/** What went in comes out, envelope and body: the loop that every way through candy has to pass. */
import { expect } from 'vitest'
import { connect, deliver, type Mail } from './client.js'
import type { TestBed } from './test-bed.js'
import { bodyOf, header, recipients, sender } from './unusual-mail.js'

/** All recipients get the mail once, in one message or, as after sendmail(1), in several. */
export async function expectUnchanged(
  { postfix, sink }: TestBed,
  mail: Partial<Mail> & Pick<Mail, 'bytes'>,
): Promise<void> {
  const sent: Mail = { sender, recipients, ...mail }
  sink.clear()
  await deliver(postfix.port, sent)
  await postfix.waitUntilEmpty()
  const arrived = sink.messages
  expect(arrived.flatMap((message) => message.recipients).toSorted()).toEqual([...sent.recipients].toSorted())
  for (const message of arrived) {
    expect(message.sender).toBe(sent.sender)
    expect(bodyOf(message.bytes)).toBe(bodyOf(sent.bytes))
  }
}

/** Only BDAT can hand over a last line that does not end (RFC 3030). */
export async function expectLastLineEnded({ postfix, sink }: TestBed): Promise<void> {
  sink.clear()
  await using client = await connect(postfix.port)
  await client.ehlo()
  await client.expect(`MAIL FROM:<${sender}>`)
  await client.expect(`RCPT TO:<${recipients[0]}>`)
  const bytes = `${header}no end`
  client.write(`BDAT ${bytes.length} LAST\r\n${bytes}`)
  expect((await client.read()).code).toBe(250)
  const [message] = await sink.waitFor(1)
  expect(bodyOf(message?.bytes ?? '')).toBe('no end\r\n')
}
