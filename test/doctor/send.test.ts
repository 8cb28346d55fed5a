/** `candy doctor --send` with real scanners, in every mode: each message comes to the end that it should, and leaves nothing behind. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clamd, startClamd } from '../kit/clamd.js'
import { makeScratch, type Scratch } from '../kit/scratch.js'
import { type Spamd, startSpamd } from '../kit/spamd.js'
import { until } from '../kit/waiting.js'
import { type Patient, startPatient } from './patient.js'

let scratch: Scratch
let clamd: Clamd
let spamd: Spamd
beforeAll(async () => {
  scratch = await makeScratch('scanners')
  clamd = await startClamd({ directory: join(scratch.path, 'clamd'), settings: { AlertExceedsMax: 'yes' } })
  await mkdir(join(scratch.path, 'spamd'))
  spamd = await startSpamd({ directory: join(scratch.path, 'spamd') })
})
afterAll(async () => {
  await clamd.stop()
  await spamd.stop()
  await scratch.remove()
})

// The last mode has its scanner killed.
describe.each([
  ['pipe', 'quarantined'],
  ['smtp-before', 'Postfix answered 550'],
  ['milter', 'Postfix answered 550'],
  ['smtp', 'quarantined'],
] as const)('in mode %s', (mode, stopped) => {
  let patient: Patient
  beforeAll(async () => {
    patient = await startPatient({ mode })
    for (const [name, socket] of [
      ['50-clamav', clamd.socket],
      ['60-spamassassin', spamd.socket],
    ]) {
      const text = `filter = "@candy/filter-${name?.slice(3)}"\n[options]\naddresses = ["${socket}"]\nwait = "1s"\n`
      await writeFile(join(patient.postfix.configDirectory, `filters.d/${name}.toml`), text)
    }
    const isReloaded = (): Promise<boolean> =>
      patient.type('candy reload').then(
        () => true,
        () => false,
      )
    // Mode pipe does not wait for the service.
    await until('the service', isReloaded)
  })
  afterAll(() => patient.stop())

  async function sent(): Promise<{ status: number | null; lines: readonly string[] }> {
    const { status, findings } = await patient.doctor('--send')
    const lines = findings.filter(({ check }) => check === 'mail').map(({ state, what }) => `${state}: ${what}`)
    return { status, lines }
  }

  test('all messages come to the end that they should, and nobody receives them', async () => {
    const before = await patient.files()
    const kept = await patient.quarantined()
    const { status, lines } = await sent()
    const all = lines.join('\n')
    expect(all).toMatch(/^well: clean by SMTP \(127\.0\.0\.1:\d+\/inet \(line \d+\)\): it came through \(/)
    expect(all).toMatch(/^well: clean by sendmail\(1\): it came through \(/m)
    expect(all).toMatch(new RegExp(`^well: EICAR by SMTP .*${stopped}.*Eicar`, 'm'))
    expect(all).toMatch(new RegExp(`^well: GTUBE by SMTP .*${stopped}`, 'm'))
    if (mode === 'smtp-before') expect(all).toContain('well: what comes in by sendmail(1) is not filtered here')
    else if (mode === 'milter') expect(all).toMatch(/^well: EICAR by sendmail\(1\): it left the queue refused/m)
    else expect(all).toMatch(/^well: EICAR by sendmail\(1\): 50-clamav had it quarantined: virus found/m)
    expect(status, all).toBe(0)
    expect(await patient.files()).toEqual(before)
    expect(await patient.quarantined()).toEqual(kept)
    expect(await patient.postfix.queue()).toEqual([])
    expect(patient.sink.count).toBe(0)
  })

  // What a dead scanner does is the same in every mode.
  if (mode !== 'smtp') return
  test('where root may not submit mail, as in an instance of postmulti(1), it is sent by SMTP alone', async () => {
    await patient.type('postconf -e authorized_submit_users=')
    const { status, lines } = await sent()
    await patient.type('postconf -X authorized_submit_users')
    const notSent = lines.filter((line) => line.includes('sendmail(1)'))
    expect(notSent).toHaveLength(3)
    for (const line of notSent)
      expect(line).toMatch(/^well: .* was not sent: authorized_submit_users does not name root$/)
    expect(status).toBe(0)
  })

  test('a scanner that is dead is named, and so is mail that waits for it', async () => {
    clamd.kill()
    const { status, lines } = await sent()
    expect(lines.join('\n')).toMatch(/^unknown: EICAR was not sent: 50-clamav could not decide$/m)
    expect(lines.join('\n')).toMatch(/^ailing: clean by SMTP .*: it waits: .*, and should be: accept$/m)
    expect(status).toBe(1)
    expect(await patient.postfix.queue()).toEqual([])
    expect(await readFile(join(patient.postfix.configDirectory, 'main.cf'), 'utf8')).not.toContain('candy-proof')
  })
})
