/** One command at a time, and a dead one is never taken for a live one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { whileLocked } from '../../src/postfix/lock.js'
import { scratch } from '../support.js'

const LOCK = new URL('../../dist/postfix/lock.js', import.meta.url).href

/** Another process that holds the lock of a directory until it is killed. */
async function holder(directory: string): Promise<ChildProcess> {
  const program = `import { whileLocked } from '${LOCK}'
await whileLocked(process.argv[1], 'candy enable', async () => {
  process.stdout.write('held')
  await new Promise((resolve) => setTimeout(resolve, 60_000))
})`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

const nothing = async (): Promise<string> => 'done'

test('a second command is told which one is at work, since when, and what to do; when that is killed the lock is free', async () => {
  const directory = scratch()
  const first = await holder(directory)
  const ended = once(first, 'exit')
  await expect(whileLocked(directory, 'candy disable', nothing)).rejects.toThrow(
    new RegExp(`^"candy enable" \\(process ${first.pid}\\) has been changing ${directory} since 20.*kill ${first.pid}`),
  )
  first.kill('SIGKILL')
  await ended
  expect(existsSync(join(directory, 'candy.lock'))).toBe(true)
  expect(await whileLocked(directory, 'candy disable', nothing)).toBe('done')
  expect(readdirSync(directory)).toEqual([])
})

test('a directory that has two names has one lock', async () => {
  const directory = scratch()
  const other = join(scratch(), 'link')
  symlinkSync(directory, other)
  await whileLocked(directory, 'candy enable', async () => {
    await expect(whileLocked(other, 'candy add', nothing)).rejects.toThrow('"candy enable"')
  })
})

test('the lock is released when the command fails, and a lock file that nobody has locked does not count', async () => {
  const directory = scratch()
  writeFileSync(join(directory, 'candy.lock'), '{"pid": 1, "command": "init"}')
  const failing = whileLocked(directory, 'candy enable', () => Promise.reject(new Error('no')))
  await expect(failing).rejects.toThrow('no')
  expect(readdirSync(directory)).toEqual([])
})
