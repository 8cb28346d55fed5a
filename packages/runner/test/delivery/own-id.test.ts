import { expect, test } from 'vitest'
import { makeOwnId, withOwnId } from '../../src/delivery/own-id.js'
import { makeReply, writeReply } from '../../src/smtp/reply.js'

test('ids that candy makes differ from each other and do not look like queue ids of Postfix', () => {
  const ids = Array.from({ length: 1_000 }, makeOwnId)
  expect(new Set(ids).size).toBe(1_000)
  for (const id of ids) expect(id).toMatch(/^candy-[0-9a-f]{12}$/)
})

test("candy's own id is at the end of a reply, once, and a queue id never is", () => {
  const id = makeOwnId()
  const reply = withOwnId(makeReply(250, '2.0.0 Ok: queued as 4F1'), id)
  expect(reply).toEqual({ code: 250, lines: [`2.0.0 Ok: queued as 4F1 (${id})`] })
  expect(withOwnId(reply, id)).toBe(reply)
  expect(withOwnId({ code: 550, lines: ['5.7.1 one', '5.7.1 two'] }, id).lines).toEqual([
    '5.7.1 one',
    `5.7.1 two (${id})`,
  ])
  const plain = makeReply(550, '5.7.1 no')
  expect(withOwnId(plain, '4cJWtt1Lq9z5t')).toBe(plain)
})

test('a line of a reply never gets longer than RFC 5321 allows, and nothing of its text is lost', () => {
  const id = makeOwnId()
  const suffix = ` (${id})`
  const fits = '2.0.0 Ok: queued as 4F1 '.padEnd(506 - suffix.length, 'x')
  expect(writeReply(withOwnId(makeReply(250, fits), id))).toBe(`250 ${fits}${suffix}\r\n`)
  expect(writeReply(withOwnId(makeReply(250, `${fits}x`), id))).toBe(`250-${fits}x\r\n250 2.0.0${suffix}\r\n`)
  const bare = 'x'.repeat(600)
  const twice = withOwnId(withOwnId({ code: 250, lines: ['queued as 4F1', bare] }, id), id)
  expect(writeReply(twice)).toBe(`250-queued as 4F1\r\n250-${bare}\r\n250${suffix}\r\n`)
})
