/** The processes are real ones, a clamd and a program with freshclam's name; only what the files of systemd and the kernel say is planted. */
import { spawn } from 'node:child_process'
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type Clamd, startClamd } from '../../../test/kit/clamd.js'
import { makeScratch, type Scratch } from '../../../test/kit/scratch.js'
import { until } from '../../../test/kit/waiting.js'
import { type SystemFiles, upkeepProblems } from '../src/upkeep.js'

let scratch: Scratch
let clamd: Clamd
let system: SystemFiles
beforeAll(async () => {
  scratch = await makeScratch('upkeep')
  clamd = await startClamd({ directory: join(scratch.path, 'clamd') })
  system = { freshclam: '/nonexistent', mask: '/nonexistent', proc: '/proc', meminfo: join(scratch.path, 'meminfo') }
})
afterAll(async () => {
  await clamd?.stop()
  await scratch?.remove()
})

const setMemory = (available: number, swap = 0): Promise<void> =>
  writeFile(system.meminfo, `MemTotal: 9999 kB\nMemAvailable: ${available} kB\nSwapFree: ${swap} kB\n`)

test('too little memory for a reload is told, with the setting that needs less', async () => {
  await setMemory(1_024)
  expect(await upkeepProblems({ path: clamd.socket }, system)).toEqual([
    expect.stringMatching(
      /^clamd needs \d+ MiB more while it reloads its signatures, and 1 MiB are free: set ConcurrentDatabaseReload no in \S+clamd\.conf/,
    ),
  ])
})

test('enough memory, or enough room for what the kernel swaps out, is well', async () => {
  await setMemory(64_000_000)
  expect(await upkeepProblems({ path: clamd.socket }, system)).toEqual([])
  await setMemory(1_024, 64_000_000)
  expect(await upkeepProblems({ path: clamd.socket }, system)).toEqual([])
})

test('a clamd on another host is not examined', async () => {
  await setMemory(1_024)
  expect(await upkeepProblems({ host: 'clamd.example', port: 3310 }, system)).toEqual([])
})

test('nothing is said of freshclam where a service may not see processes of other accounts', async () => {
  await setMemory(64_000_000)
  const empty = join(scratch.path, 'proc')
  await mkdir(empty)
  const invisible = { ...system, freshclam: system.meminfo, proc: empty }
  expect(await upkeepProblems({ path: clamd.socket }, invisible)).toEqual([])
})

test('a freshclam that should run and does not is told, and one that runs is well', async () => {
  await setMemory(64_000_000)
  const enabled = { ...system, freshclam: system.meminfo }
  const told = 'freshclam does not run, so no new signatures come: systemctl restart clamav-freshclam'
  expect(await upkeepProblems({ path: clamd.socket }, enabled)).toEqual([told])
  await symlink('/dev/null', join(scratch.path, 'mask'))
  expect(await upkeepProblems({ path: clamd.socket }, { ...enabled, mask: join(scratch.path, 'mask') })).toEqual([])
  const program = join(scratch.path, 'freshclam')
  await copyFile('/bin/sleep', program)
  const process = spawn(program, ['60'])
  onTestFinished(() => void process.kill())
  await until('freshclam', async () => (await upkeepProblems({ path: clamd.socket }, enabled)).length === 0)
})
