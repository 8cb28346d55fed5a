import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { draftPath, sweepDrafts } from '../../src/quarantine/draft.js'
import { store } from '../../src/quarantine/store.js'
import { chunks, scratch } from '../support.js'

const NAME = '20260102T030405Z-4bX'

const STORE = new URL('../../dist/quarantine/store.js', import.meta.url)

/** A process that has written half of a message into the quarantine. */
async function startWriter(directory: string): Promise<{ kill(): Promise<void> }> {
  const script = `
    import { store } from ${JSON.stringify(STORE.href)}
    const record = { version: 1, id: '4bX', time: '2026-01-02T03:04:05.678Z', envelope: {}, reports: [], size: 9 }
    await store(${JSON.stringify(directory)}, record, (async function* () {
      yield Buffer.from('half')
      console.log('half')
      await new Promise((resolve) => setTimeout(resolve, 100_000))
    })())`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return {
    kill: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

test('the draft of a writer that was killed is removed, and that of one that writes is not', async () => {
  const directory = scratch()
  const [killed, writing] = [await startWriter(directory), await startWriter(directory)]
  const before = readdirSync(directory)
  expect(before).toHaveLength(2)
  await sweepDrafts(directory)
  expect(readdirSync(directory)).toEqual(before)
  await killed.kill()
  await sweepDrafts(directory)
  expect(readdirSync(directory)).toHaveLength(1)
  await writing.kill()
  const record = {
    version: 1,
    id: '4bY',
    time: '2026-01-02T03:04:05.678Z',
    envelope: { sender: '', recipients: ['r@example.com'] },
    mode: 'smtp',
    commands: { xforward: [], mail: 'MAIL FROM:<>', recipients: ['RCPT TO:<r@example.com>'] },
    reason: { filter: 'av', text: 'virus', status: [7, 1] },
    reports: [],
    header: {},
    size: 1,
  } as const
  await store(directory, record, chunks('a'))
  expect(readdirSync(directory)).toEqual(['20260102T030405Z-4bY'])
})

test('the number of a process that another has now is no sign of life', async () => {
  const directory = scratch()
  const draft = basename(await draftPath(directory, NAME))
  mkdirSync(join(directory, draft.replace(/-(\d+)-(\d+)-(\d+-\d+)$/, `-${process.ppid}-1-$3`)))
  mkdirSync(join(directory, draft))
  await sweepDrafts(directory)
  expect(readdirSync(directory)).toEqual([draft])
})

test('a draft of another namespace is left alone, until nobody can be writing it', async () => {
  const directory = scratch()
  const path = (await draftPath(directory, NAME)).replace(/-\d+-\d+-\d+(-\d+)$/, '-1-1-1$1')
  mkdirSync(path)
  await sweepDrafts(directory)
  expect(readdirSync(directory)).toHaveLength(1)
  const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000)
  utimesSync(path, yesterday, yesterday)
  await sweepDrafts(directory)
  expect(readdirSync(directory)).toEqual([])
})

test('what is whole, and what is not ours, is never touched', async () => {
  const directory = scratch()
  const names = [NAME, `${NAME}-2`, '.keep', `.${NAME}`, `${NAME}-1-1-1-1`, '.20260102T030405Z-4bX-1-1']
  for (const name of names) mkdirSync(join(directory, name))
  writeFileSync(join(directory, NAME, 'message.eml'), 'x')
  execFileSync('touch', ['-d', '2 years ago', ...names.map((name) => join(directory, name))])
  await sweepDrafts(directory)
  expect(readdirSync(directory).toSorted()).toEqual(names.toSorted())
})

test('a quarantine that is not there is nothing to sweep', async () => {
  await sweepDrafts(join(scratch(), 'nowhere'))
})
