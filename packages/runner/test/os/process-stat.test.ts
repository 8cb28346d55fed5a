import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readProcessStat } from '../../src/os/process-stat.js'
import { scratch } from '../support.js'

test('a process is known by its number, with a name that looks like the fields behind it', async () => {
  const program = join(scratch(), 'x) Z 1 (y')
  copyFileSync('/bin/sleep', program)
  const child = spawn(program, ['60'])
  await once(child, 'spawn')
  expect(readProcessStat(child.pid ?? 0)).toEqual({
    name: 'x) Z 1 (y',
    parent: process.pid,
    flags: expect.any(Number),
    started: expect.stringMatching(/^\d+$/),
  })
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(readProcessStat(child.pid ?? 0)).toBeUndefined()
})

test('a process that has ended counts as gone, also before its parent has waited for it', async () => {
  // A shell would wait for its child, so the child ends only when its parent has become sleep(1), which does not.
  const child = 'until grep -qs sleep /proc/$$/comm; do :; done'
  const parent = spawn('sh', ['-c', `(${child}) & echo $!; exec sleep 60`])
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const zombie = Number(line.toString())
  await expect.poll(() => readProcessStat(zombie)).toBeUndefined()
  expect(() => process.kill(zombie, 0)).not.toThrow()
  parent.kill('SIGKILL')
})

test('self is this process', () => {
  expect(readProcessStat('self')).toEqual({ ...readProcessStat(process.pid), flags: expect.any(Number) })
})
