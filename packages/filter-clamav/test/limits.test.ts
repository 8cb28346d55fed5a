/** What a real clamd says at each of its limits, and where its own troubles begin. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { Filter, Message, Verdict } from '@candy/sdk'
import { message, run, testHost } from '@candy/sdk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clamd, type ClamdOptions, EICAR, startClamd } from '../../../test/kit/clamd.js'
import { makeScratch, type Scratch } from '../../../test/kit/scratch.js'
import { filter } from '../src/filter.js'
import { mixed, nestedParts, withAttachment, zip } from './mails.js'

let scratch: Scratch
const started: Clamd[] = []
beforeAll(async () => {
  scratch = await makeScratch('limits')
})
afterAll(async () => {
  for (const clamd of started) await clamd.stop()
  await scratch?.remove()
})

async function start(settings: ClamdOptions['settings']): Promise<Clamd> {
  const clamd = await startClamd({
    directory: join(scratch.path, String(started.length)),
    ...(settings && { settings }),
  })
  started.push(clamd)
  return clamd
}

async function judgeWith(clamd: Clamd, options: Record<string, unknown> = {}): Promise<Filter<Verdict>> {
  const result = await filter.options['~standard'].validate({ addresses: [clamd.socket], ...options })
  if (result.issues !== undefined) throw new Error('refused')
  return filter.create(result.value, testHost())
}

const field = (text: string): Message => message(`MIME-Version: 1.0\n${text}\n\nhi\n`)

describe('with AlertExceedsMax and AlertEncrypted', () => {
  let judge: Filter<Verdict>
  let small: Filter<Verdict>
  let quick: Filter<Verdict>
  beforeAll(async () => {
    const settings = { AlertExceedsMax: 'yes', AlertEncrypted: 'yes' }
    judge = await judgeWith(await start({ ...settings, StreamMaxLength: '8M' }))
    small = await judgeWith(await start({ ...settings, MaxFiles: 20, MaxScanSize: '1M', MaxFileSize: '800K' }))
    quick = await judgeWith(await start({ ...settings, MaxScanTime: 1 }))
  })

  test.each([
    ['MaxRecursion', mixed([nestedParts(30)])],
    [
      'MaxRecursion',
      withAttachment(Array.from({ length: 30 }).reduce<Buffer>((inner) => gzipSync(inner), Buffer.from('x'))),
    ],
    ['EmailHeaders', field('Content-Type: text/plain\n'.repeat(6_000).trim())],
    ['EmailHeaderBytes', field(`Content-Type: text/plain; a="${'x'.repeat(2_000_000)}"`)],
    ['EmailLineFoldCnt', message(`Subject: ${'a\n '.repeat(500_000)}b\n\nhi\n`)],
    ['EmailMIMEArguments', field(`Content-Type: text/plain;${'\n a=b;'.repeat(20_000)}`)],
    [
      'EmailMIMEPartsPerMessage',
      message(
        `MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n${'--b\nContent-Type: text/html\n\n<p>\n'.repeat(20_000)}--b--\n`,
      ),
    ],
  ])('mail over the limit %s is unscannable', async (limit, mail) => {
    const name = `Heuristics.Limits.Exceeded.${limit}`
    expect((await run(judge, mail)).verdict).toEqual({
      action: 'unscannable',
      text: `this message cannot be scanned for viruses: ${name}`,
      status: [7, 1],
      edits: [{ add: 'X-Virus-Status', value: `Unscannable (${name})` }],
    })
  })

  test.each([
    ['MaxFiles', () => withAttachment(zip('x', { files: 200 }))],
    ['MaxScanSize', () => withAttachment(randomBytes(500_000))],
    ['MaxFileSize', () => withAttachment(gzipSync(Buffer.alloc(900_000)))],
  ])('an attachment over %s is unscannable', async (limit, mail) => {
    expect((await run(small, mail())).verdict).toMatchObject({
      action: 'unscannable',
      text: expect.stringContaining(`Heuristics.Limits.Exceeded.${limit}`),
    })
  })

  test('mail that takes longer than MaxScanTime is unscannable, so that it is not deferred again and again', async () => {
    const slow = withAttachment(gzipSync(Buffer.alloc(30_000_000)))
    expect((await run(quick, slow)).verdict).toMatchObject({
      action: 'unscannable',
      text: expect.stringContaining('Heuristics.Limits.Exceeded.MaxScanTime'),
    })
  })

  test('mail over StreamMaxLength is unscannable', async () => {
    const large = message(Buffer.alloc(12_000_000), { chunks: [65_536] })
    expect((await run(judge, large)).verdict).toEqual({
      action: 'unscannable',
      text: 'this message cannot be scanned for viruses: INSTREAM size limit exceeded.',
      status: [7, 1],
      edits: [{ add: 'X-Virus-Status', value: 'Unscannable (INSTREAM size limit exceeded.)' }],
    })
  })

  test("an encrypted archive is unscannable, unless one of the operator's patterns matches it", async () => {
    const mail = withAttachment(zip('secret', { encrypted: true }))
    expect((await run(judge, mail)).verdict).toMatchObject({
      action: 'unscannable',
      text: 'this message cannot be scanned for viruses: Heuristics.Encrypted.Zip',
    })
    const lax = await judgeWith(started[0] as Clamd, { tag: ['Heuristics.Encrypted.*'], unscannable: [] })
    expect((await run(lax, mail)).verdict.action).toBe('accept')
  })

  test('a virus beside an unscannable part is found, and a message with a part that clamd did not scan is not clean', async () => {
    const virus = `Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n${Buffer.from(EICAR).toString('base64')}\n`
    expect((await run(judge, mixed([virus, nestedParts(30)]))).verdict.action).toBe('reject')
    expect((await run(judge, mixed([nestedParts(30), virus]))).verdict.action).toBe('unscannable')
  })
})

describe('a clamd that cannot work gives no verdict', () => {
  test('without memory, until there is some again', async () => {
    const clamd = await start({})
    const judge = await judgeWith(clamd)
    const mail = message(Buffer.alloc(20_000_000, 'hello\r\n'), { chunks: [65_536] })
    const limit = (bytes: string) => promisify(execFile)('prlimit', ['--pid', String(clamd.pid), `--as=${bytes}:`])
    expect((await run(judge, message('x'))).verdict.action).toBe('accept')
    // The first number is the size of the address space in pages (proc(5)). The limit leaves no room to map the message into memory.
    const pages = Number((await readFile(`/proc/${clamd.pid}/statm`, 'latin1')).split(' ')[0])
    await limit(String(pages * 4_096 + 16 * 1_048_576))
    await expect(run(judge, mail)).rejects.toMatchObject({
      code: 'SCANNER_PROTOCOL',
      message: expect.stringContaining("Can't allocate memory ERROR"),
    })
    await limit('unlimited')
    expect((await run(judge, message('x'))).verdict.action).toBe('accept')
  })

  test('without a directory for temporary files, whether it hangs up or replies with an error first', async () => {
    const directory = join(scratch.path, 'temporary')
    await mkdir(directory)
    const judge = await judgeWith(await start({ TemporaryDirectory: directory }))
    expect((await run(judge, message('x'))).verdict.action).toBe('accept')
    await rm(directory, { recursive: true })
    await expect(run(judge, message('x'))).rejects.toMatchObject({
      code: expect.stringMatching(/^SCANNER_(?:UNREACHABLE|PROTOCOL)$/),
    })
  })
})
