import { execFileSync } from 'node:child_process'
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeScratch, type Scratch } from '../../../test/kit/scratch.js'
import { explainAbsence, type Places } from '../src/absence.js'

let scratch: Scratch
let installed: Places
beforeAll(async () => {
  scratch = await makeScratch('absence')
  installed = { databases: join(scratch.path, 'databases'), programs: [join(scratch.path, 'clamd')] }
  await mkdir(installed.databases)
  await writeFile(join(scratch.path, 'clamd'), '')
})
afterAll(() => scratch?.remove())

const SOCKET = '/nonexistent/clamd.ctl'

/** The user and group nobody of most systems. */
const NOBODY = 65_534

test('where clamd is not installed, the text says how to install it', async () => {
  const places = { ...installed, programs: ['/nonexistent/clamd'] }
  expect(await explainAbsence(SOCKET, 'ENOENT', places)).toBe(
    'clamd is not installed here (there is no /nonexistent/clamd): apt install clamav-daemon',
  )
})

test('for a clamd that waits for its first signatures, the text says which databases are missing and what to type when they are there', async () => {
  await writeFile(join(installed.databases, 'main.cvd'), '')
  expect(await explainAbsence(SOCKET, 'ENOENT', installed)).toBe(
    `clamd does not start before freshclam has fetched its signatures (there is no daily.cvd in ${installed.databases}): ` +
      'wait for that (systemctl status clamav-freshclam shows how far it is), then systemctl enable --now clamav-daemon',
  )
  await writeFile(join(installed.databases, 'daily.cld'), '')
  expect(await explainAbsence(SOCKET, 'ENOENT', installed)).toMatch(/^there is no such socket: systemctl enable --now/)
})

test('a socket without a listener is told from one that does not exist', async () => {
  await writeFile(join(installed.databases, 'main.cvd'), '')
  await writeFile(join(installed.databases, 'daily.cld'), '')
  expect(await explainAbsence(SOCKET, 'ECONNREFUSED', installed)).toMatch(/^nobody listens at this socket any more/)
})

test('databases that this account may not list are not called missing', async () => {
  const places = { ...installed, databases: '/nonexistent/databases' }
  expect(await explainAbsence(SOCKET, 'ENOENT', places)).toMatch(/^there is no such socket/)
})

test('the first directory that this account may not enter is named', async () => {
  const shut = join(scratch.path, 'shut')
  await mkdir(join(shut, 'inner'), { recursive: true })
  const isRoot = process.geteuid?.() === 0
  if (isRoot) await chown(shut, NOBODY, NOBODY)
  await chmod(shut, isRoot ? 0o700 : 0o000)
  try {
    const asked: Parameters<typeof explainAbsence> = [join(shut, 'inner', 'clamd.ctl'), 'EACCES', installed]
    const explanation = isRoot ? explainWithoutPowers(asked) : await explainAbsence(...asked)
    expect(explanation).toContain(`may not enter ${shut}: chmod o+x ${shut}`)
  } finally {
    await chmod(shut, 0o700)
  }
})

/** In a process that root's capabilities do not let into every directory. Some builds of Node.js refuse seteuid(2). */
function explainWithoutPowers(asked: Parameters<typeof explainAbsence>): string {
  const module = new URL('../dist/absence.js', import.meta.url).href
  const script = `const { explainAbsence } = await import(${JSON.stringify(module)})
    console.log(await explainAbsence(...${JSON.stringify(asked)}))`
  const powers = '--bounding-set=-dac_override,-dac_read_search'
  return execFileSync('setpriv', [powers, '--', process.execPath, '--input-type=module', '--eval', script], {
    encoding: 'utf8',
  })
}

test('an error that files do not explain is left as it is', async () => {
  expect(await explainAbsence(SOCKET, 'EAGAIN', installed)).toBeUndefined()
  expect(await explainAbsence(SOCKET, undefined, installed)).toBeUndefined()
})
