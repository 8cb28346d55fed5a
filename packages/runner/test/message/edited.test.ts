import { addHeader, removeHeader } from '@candy/sdk'
import { expect, test } from 'vitest'
import { lend } from '../../src/message/content.js'
import { editContent } from '../../src/message/edited.js'
import { receive } from '../../src/message/spool.js'
import { chunks, scratch, text } from '../support.js'

const MESSAGE = 'X-Spam: no\r\nSubject: hi\r\n\r\nbody\r\n'

test('edits show in every reading, and the body is the original', async () => {
  const spool = await receive(chunks(MESSAGE), { directory: scratch(), memory: 1e6 })
  const edited = await editContent(spool, [removeHeader('x-spam'), addHeader('X-Spam', 'yes')])
  const expected = 'X-Spam: yes\r\nSubject: hi\r\n\r\nbody\r\n'
  expect(await text(edited.open())).toBe(expected)
  expect(edited.size).toBe(expected.length)
  for (let from = 0; from <= expected.length; from++) {
    expect(await text(edited.open(from))).toBe(expected.slice(from))
    expect(await text(lend(edited, from))).toBe(expected.slice(from))
  }
  const twice = await editContent(edited, [addHeader('A', '1')])
  expect(await text(twice.open())).toBe(`A: 1\r\n${expected}`)
})

test('edits that change nothing give the content itself back', async () => {
  const spool = await receive(chunks(MESSAGE), { directory: scratch(), memory: 1e6 })
  expect(await editContent(spool, [])).toBe(spool)
  expect(await editContent(spool, [removeHeader('X-Candy-Status')])).toBe(spool)
})
