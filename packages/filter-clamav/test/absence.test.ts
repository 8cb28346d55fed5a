import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeScratch, type Scratch } from '../../../test/kit/scratch.js'
import { explainAbsence, type Places } from '../src/absence.js'

let scratch: Scratch
let installed: Places
beforeAll(async () => {
  scratch = await makeScratch('absence')
  installed = { signatures: join(scratch.path, 'signatures'), programs: [join(scratch.path, 'clamd')] }
  await mkdir(installed.signatures)
  await writeFile(join(scratch.path, 'clamd'), '')
})
afterAll(() => scratch?.remove())

const SOCKET = '/nonexistent/clamd.ctl'

test('a clamd that is not installed is to be installed', async () => {
  const places = { ...installed, programs: ['/nonexistent/clamd'] }
  expect(await explainAbsence(SOCKET, 'ENOENT', places)).toBe(
    'clamd is not installed here (there is no /nonexistent/clamd): apt install clamav-daemon',
  )
})

test('a clamd that waits for its first signatures says which, and what to type when they are there', async () => {
  await writeFile(join(installed.signatures, 'main.cvd'), '')
  expect(await explainAbsence(SOCKET, 'ENOENT', installed)).toBe(
    `clamd does not start before its signatures have come (there is no daily.cvd in ${installed.signatures}): ` +
      'wait for freshclam (systemctl status clamav-freshclam shows how far it is), then systemctl start clamav-daemon',
  )
  await writeFile(join(installed.signatures, 'daily.cld'), '')
  expect(await explainAbsence(SOCKET, 'ENOENT', installed)).toMatch(/^there is no such socket: systemctl start/)
})

test('a socket that nobody serves any more is told from one that is not there', async () => {
  await writeFile(join(installed.signatures, 'main.cvd'), '')
  await writeFile(join(installed.signatures, 'daily.cld'), '')
  expect(await explainAbsence(SOCKET, 'ECONNREFUSED', installed)).toMatch(/^nobody listens at this socket any more/)
})

test('signatures that this account may not list are not called missing', async () => {
  const places = { ...installed, signatures: '/nonexistent/signatures' }
  expect(await explainAbsence(SOCKET, 'ENOENT', places)).toMatch(/^there is no such socket/)
})

test('the first directory that this account may not enter is named', async () => {
  const shut = join(scratch.path, 'shut')
  await mkdir(join(shut, 'inner'), { recursive: true })
  await chmod(shut, 0o700)
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  else await chmod(shut, 0o000)
  try {
    expect(await explainAbsence(join(shut, 'inner', 'clamd.ctl'), 'EACCES', installed)).toContain(
      `may not enter ${shut}: chmod o+x ${shut}`,
    )
  } finally {
    if (isRoot) process.seteuid?.(0)
    await chmod(shut, 0o700)
  }
})

test('an error that files do not explain is left as it is', async () => {
  expect(await explainAbsence(SOCKET, 'EAGAIN', installed)).toBeUndefined()
  expect(await explainAbsence(SOCKET, undefined, installed)).toBeUndefined()
})
