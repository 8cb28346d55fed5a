import { anyChunking } from '@candy/sdk/testing'
import { expect, test } from 'vitest'
import { Unsplittable, walk } from '../src/walk.js'

const signal = new AbortController().signal

async function pieces(text: string, chunks: readonly number[] = []) {
  const found: string[] = []
  for await (const { type, start, bytes } of walk(anyChunking(Buffer.from(text), chunks), signal)) {
    expect(bytes.toString()).toBe(text.slice(start, start + bytes.length))
    found.push(bytes.toString())
    expect(['node', 'data', 'body']).toContain(type)
  }
  return found
}

/** Two alternatives, one of them with a picture, and then an attachment: some boundaries follow each other directly. */
const NESTED = [
  'Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=b\n\n--b\n',
  'Content-Type: text/plain\n\nhello\n--b\nContent-Type: multipart/related; boundary=c\n\n--c\nContent-Type: text/html\n\n',
  '<b>hello\n--c\nContent-Type: image/png\n\nPNG\n--c--\n--b--\n--a\nContent-Type: image/png\n\nPNG\n\n--a--\nthe end\n',
]
  .join('')
  .replaceAll('\n', '\r\n')

test('the pieces are the message, in any chunks', async () => {
  const whole = await pieces(NESTED)
  expect(whole.join('')).toBe(NESTED)
  for (let size = 1; size < 40; size++) expect(await pieces(NESTED, [size])).toEqual(whole)
})

test('the pieces are the message, wherever in it a block ends', async () => {
  const [head = '', ...rest] = NESTED.split(/(?=--a)/)
  const filling = `${'x'.repeat(98)}\r\n`.repeat(65_000 / 100)
  for (let fill = 0; fill < 700; fill += 3) {
    const text = `${head}${filling}${'y'.repeat(fill)}\r\n${rest.join('')}`
    expect((await pieces(text)).join('')).toBe(text)
  }
})

test('a message that cannot be given back byte for byte is refused', async () => {
  const broken = 'Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n folded\r\n--a\r\n--a--\r\n'
  await expect(pieces(broken)).rejects.toThrow(Unsplittable)
})

test('the signal’s reason is thrown, and the reading ended', async () => {
  const abort = new AbortController()
  let ended = false
  async function* endless() {
    try {
      yield Buffer.from('Subject: hi\r\n\r\n')
      for (;;) yield Buffer.from('hello\r\n'.repeat(1000))
    } finally {
      ended = true
    }
  }
  const walking = async () => {
    for await (const piece of walk(endless(), abort.signal)) if (piece.start > 100_000) abort.abort(new Error('enough'))
  }
  await expect(walking()).rejects.toThrow('enough')
  expect(ended).toBe(true)
})
