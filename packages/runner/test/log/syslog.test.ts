import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Log } from '../../src/log/log.js'
import { openSyslog } from '../../src/log/syslog.js'
import { scratch } from '../support.js'

const path = process.env.PATH

afterEach(() => {
  process.env.PATH = path
})

function listen(): Log & { readonly lines: string[] } {
  const lines: string[] = []
  return { lines, write: (_, event) => void lines.push(event), close: async () => {} }
}

/** Puts a logger before the system's that writes what it reads, and its process id, into files. */
function installLogger(script: string): { readonly received: () => string; readonly pid: () => number | undefined } {
  const directory = scratch()
  writeFileSync(join(directory, 'logger'), `#!/bin/sh\ncd '${directory}'\n${script}\n`)
  chmodSync(join(directory, 'logger'), 0o755)
  process.env.PATH = `${directory}:${path}`
  const read = (name: string): string => {
    const file = join(directory, name)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }
  return { received: () => read('received'), pid: () => Number(read('pid')) || undefined }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}

test('lines have the priority of their level and are not cut at 1 KiB, as logger(1) does by itself', async () => {
  const logger = installLogger('echo "$*" >arguments; cat >>received; ')
  const log = openSyslog('candy/serve', listen())
  log.write('info', 'judged', { answer: 'x'.repeat(3_000) })
  log.write('error', 'broken')
  await log.close()
  const [first, second] = logger.received().split('\n')
  expect(first).toBe(`<22>judged answer=${'x'.repeat(3_000)}`)
  expect(second).toBe('<19>error: broken')
})

test('a logger that is killed is started again, and later lines reach it', async () => {
  const logger = installLogger('echo $$ >pid; exec cat >>received')
  const fallback = listen()
  const log = openSyslog('candy/serve', fallback)
  log.write('info', 'before')
  await until(() => logger.received().includes('before'))
  // The logger has run for long enough that its end does not count as "broken".
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  const pid = logger.pid() ?? 0
  process.kill(pid, 'SIGKILL')
  await until(() => !existsSync(`/proc/${pid}`))
  log.write('info', 'after')
  await until(() => logger.received().includes('after'))
  await log.close()
  expect(fallback.lines).toEqual([])
})

test('a line that is written to a logger which has just been killed goes to the next logger', async () => {
  const logger = installLogger('echo $$ >pid; exec cat >>received')
  const fallback = listen()
  const log = openSyslog('candy/serve', fallback)
  log.write('info', 'before')
  await until(() => logger.received().includes('before'))
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  const pid = logger.pid() ?? 0
  process.kill(pid, 'SIGKILL')
  // During this loop the process does not learn that the logger has ended.
  while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  log.write('info', 'after')
  await until(() => logger.received().includes('after') || fallback.lines.length > 0)
  await log.close()
  expect(fallback.lines).toEqual([])
})

test('without a working logger(1) lines go to the fallback log', async () => {
  process.env.PATH = '/nowhere'
  const fallback = listen()
  const log = openSyslog('candy/serve', fallback)
  log.write('error', 'first')
  await until(() => fallback.lines.includes('first'))
  log.write('error', 'second')
  expect(fallback.lines).toEqual(['first', 'second'])
  await log.close()
})

test('closing the system log ends even where logger(1) is missing', async () => {
  const log = openSyslog('candy', listen())
  log.write('info', 'test of the log')
  await log.close()
})

test('a line that is written after close() starts no logger, which would keep the process running', async () => {
  const logger = installLogger('echo $$ >pid; exec cat >>received')
  const fallback = listen()
  const log = openSyslog('candy/serve', fallback)
  log.write('info', 'before')
  await until(() => logger.received().includes('before'))
  // One that ends sooner counts as broken, and the next is not started at once anyway.
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  await log.close()
  const first = logger.pid()
  log.write('info', 'late')
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(fallback.lines).toEqual(['late'])
  expect(logger.pid()).toBe(first)
  expect(logger.received()).toBe('<22>before\n')
})
