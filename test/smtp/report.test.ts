/** The report of real mail: what Postfix has delivered, what lies in the quarantine, and what had to be tried again. */
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../kit/client.js'
import { type CommandResult, tryCommand } from '../kit/command.js'
import { LONG } from '../kit/fault.js'
import { writeFilterFile } from '../kit/filter-file.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { until } from '../kit/waiting.js'

const JUDGE = `
  const text = Buffer.from(await message.headers()).toString()
  if (text.includes('virus')) return { action: 'reject', text: 'virus found: Test.Signature' }
  if (text.includes('error')) throw new Error('no scanner')
  return { action: 'accept' }`

let testBed: RelayTestBed
beforeAll(async () => {
  testBed = await startRelay({ workers: 1 })
  // As candy enable makes it: only what is below belongs to candy.
  await chmod(testBed.state, 0o755)
  const path = join(testBed.directory, 'judging.js')
  await writeFilterFile(path, { judge: JUDGE })
  await testBed.writeFilter('20-judging.toml', `filter = "${path}"\n`)
  await testBed.reload()
})
afterAll(() => testBed.stop())

/** `setpriv` are the rights that the command gets; those of root unless given. */
function candyReport(setpriv: readonly string[], ...options: readonly string[]): Promise<CommandResult> {
  const { installation, postfix } = testBed
  const command = [process.execPath, installation.candy, '-c', postfix.configDirectory, 'report', ...options]
  return tryCommand('setpriv', [...setpriv, '--', ...command])
}

async function send(...subjects: readonly string[]): Promise<void> {
  const client = await connect(testBed.postfix.port)
  await client.ehlo()
  for (const subject of subjects) {
    const bytes = Buffer.from(`Subject: ${subject}\r\n\r\nhello\r\n`)
    const { code } = await client.send({ sender: 'a@example.com', recipients: ['b@example.net'], bytes })
    expect(code).toBe(250)
  }
  await client.quit()
}

async function readReport(): Promise<Report> {
  return JSON.parse((await candyReport([], '--since', '1h', '--json')).stdout.toString())
}

interface Report {
  readonly messages: number
  readonly actions: { readonly accept?: number; readonly quarantine?: number; readonly defer?: number }
}

test('its numbers are those of the mail', { timeout: LONG }, async () => {
  await send('one', 'two', 'a virus', 'an error')
  const report = await until('all mail in the report', async () => {
    const now = await readReport()
    const { accept = 0, quarantine = 0, defer = 0 } = now.actions
    return accept + quarantine === 3 && defer > 0 && now
  })
  // Postfix tries the last one again and again.
  const { defer = 0 } = report.actions
  expect(report).toMatchObject({
    messages: 3 + defer,
    actions: { accept: 2, quarantine: 1 },
    findings: { all: 1, top: [{ filter: '20-judging', action: 'reject', text: 'virus found: Test.Signature' }] },
    errors: { all: defer, top: [{ filter: '20-judging', text: 'no scanner', times: defer }] },
    quarantine: { messages: 1 },
  })
  const { status, stdout } = await candyReport([])
  expect([status, stdout.toString()]).toEqual([0, expect.stringContaining('virus found: Test.Signature')])
})

test('members of the group candy may make it, without the quarantine, and nobody else', { timeout: LONG }, async () => {
  const nobody = ['--reuid', 'nobody', '--regid', 'nogroup']
  const member = await candyReport([...nobody, '--groups', 'candy'], '--json')
  expect(member.status).toBe(0)
  expect(JSON.parse(member.stdout.toString())).not.toHaveProperty('quarantine')
  const refused = await candyReport([...nobody, '--clear-groups'])
  expect([refused.status, refused.stderr.toString()]).toEqual([77, expect.stringContaining('permission denied')])
})
