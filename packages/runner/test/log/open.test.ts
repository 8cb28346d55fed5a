import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { Log, LogFields } from '../../src/log/log.js'
import { openLog } from '../../src/log/open.js'
import { openStreamLog } from '../../src/log/stream-log.js'
import { scratch } from '../support.js'

/** A log that is read back. */
function listen(): Log & { readonly lines: string[]; readonly fields: LogFields[] } {
  const lines: string[] = []
  const fields: LogFields[] = []
  return {
    lines,
    fields,
    write: (_, event, more = {}) => {
      lines.push(event)
      fields.push(more)
    },
    close: async () => {},
  }
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}

test('a file holds one line an event, with the time and who wrote it', async () => {
  const path = join(scratch(), 'log')
  const log = openLog({ to: path, name: 'candy/pipe' })
  log.write('info', 'judged', { id: 'A1' })
  log.write('error', 'broken')
  await log.close()
  const [first, second] = linesOf(path)
  expect(first).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z candy/pipe\\[${process.pid}\\]: judged id=A1$`))
  expect(second).toMatch(/: error: broken$/)
})

test('a stream gets the same lines as a file when it has a name, and without one only what happened', () => {
  const lines: string[] = []
  const stream = new PassThrough({ encoding: 'utf8' }).on('data', (text: string) => lines.push(text))
  openStreamLog(stream, 'candy/serve').write('warn', 'judged', { id: 'A1' })
  openStreamLog(stream).write('warn', 'judged')
  expect(lines[0]).toMatch(new RegExp(`^\\d{4}-[\\dT:.-]+Z candy/serve\\[${process.pid}\\]: warning: judged id=A1\n$`))
  expect(lines[1]).toBe('warning: judged\n')
})

test('a stream whose reader has gone costs the lines and nothing else', async () => {
  const stream = new PassThrough()
  const log = openStreamLog(stream)
  stream.destroy(new Error('EPIPE'))
  await new Promise((resolve) => stream.once('close', resolve))
  log.write('info', 'judged')
  await new Promise((resolve) => setImmediate(resolve))
  await log.close()
  expect(stream.listenerCount('error')).toBe(0)
})

test('a file that cannot be opened is an error that says what to type', () => {
  const directory = join(scratch(), 'missing')
  expect(() => openLog({ to: join(directory, 'candy.log'), name: 'candy' })).toThrow(
    `install -d -o candy -g candy -m 750 "${directory}"`,
  )
  expect(() => openLog({ to: scratch(), name: 'candy' })).toThrow(/cannot be written \(EISDIR/)
})

test('after log rotation every process writes to the new file, with a signal or without', async () => {
  const path = join(scratch(), 'log')
  const logs = ['one', 'two'].map((name) => openLog({ to: path, name }))
  for (const log of logs) log.write('info', 'before')
  renameSync(path, `${path}.1`)
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  for (const log of logs) log.write('info', 'after')
  for (const log of logs) await log.close()
  expect(linesOf(`${path}.1`)).toHaveLength(2)
  expect(linesOf(path)).toHaveLength(2)
})

test('lines that cannot be written to the file go to the fallback log, and to the file again once it can be written', async () => {
  const directory = join(scratch(), 'log')
  mkdirSync(directory)
  const path = join(directory, 'candy.log')
  const fallback = listen()
  const log = openLog({ to: path, name: 'candy', fallback })
  rmSync(directory, { recursive: true })
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  log.write('error', 'no directory')
  log.write('error', 'still none')
  expect(fallback.lines).toEqual(['no directory', 'still none'])
  expect(fallback.fields[0]).toMatchObject({ log: path, log_error: expect.stringContaining('ENOENT') })
  mkdirSync(directory)
  log.write('error', 'there again')
  await log.close()
  expect(fallback.lines).toHaveLength(2)
  expect(linesOf(path)).toEqual([expect.stringContaining('there again')])
})

test('on a full disk lines go to the fallback log', async () => {
  const fallback = listen()
  const log = openLog({ to: '/dev/full', name: 'candy', fallback })
  log.write('error', 'no space')
  await log.close()
  expect(fallback.lines).toEqual(['no space'])
})
