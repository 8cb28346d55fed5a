/** What `candy enable` alone has set up is well, in every mode, and every way of asking says so. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Patient, startPatient } from './patient.js'

describe.each(['pipe', 'smtp', 'smtp-before', 'milter'] as const)('what candy enable has set up in mode %s', (mode) => {
  let patient: Patient
  beforeAll(async () => {
    patient = await startPatient({ mode })
  })
  afterAll(() => patient.stop())

  test('is well', async () => {
    const { status, state, findings } = await patient.doctor()
    expect(findings.filter((finding) => finding.state !== 'well')).toEqual([])
    expect([status, state]).toEqual([0, 'well'])
  })

  // What is printed, and what a switch leaves, depend on no mode.
  if (mode !== 'smtp') return
  test('has one line for Nagios, a summary for a person, and nothing for cron', async () => {
    const nagios = await patient.type('candy doctor --nagios')
    expect(nagios.stdout.toString()).toMatch(/^CANDY OK - \d+ checks are well \| well=\d+ ailing=0 unknown=0\n$/)
    const { stdout } = await patient.type('candy doctor')
    expect(stdout.toString()).toMatch(/^well +postfix +Postfix 3[\s\S]*\n\d+ well, 0 ailing, 0 unknown\n$/)
    expect((await patient.type('candy doctor --quiet')).stdout.toString()).toBe('')
  })

  test('is well after a switch of the mode, too', async () => {
    for (const other of ['milter', 'smtp-before', 'pipe', 'smtp']) {
      await patient.type(`candy mode ${other} --yes`)
      expect(await patient.ailments()).toEqual([])
    }
  })
})
