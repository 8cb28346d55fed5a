import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../../../../test/kit/command.js'
import { readPage, readTable } from '../../../../test/kit/pages.js'
import { record, rejected } from '../report/records.js'
import { writeHistory } from '../report/written-history.js'
import { candyIds, scratch } from '../support.js'
import { COMMAND, candy, site } from './candy.js'

/** A configuration directory whose state has a history of three messages of the last hour, that only candy may read. */
async function siteWithHistory(): Promise<string> {
  const [user, group] = await candyIds()
  const directory = site()
  const state = join(directory, 'state')
  writeFileSync(join(directory, 'candy.toml'), `state = "${state}"\n`)
  const history = join(state, 'history')
  const time = new Date(Date.now() - 60_000).toISOString()
  writeHistory(history, [record({ time }), record({ time }), rejected('virus found: Eicar', '20-clamav', { time })])
  for (const path of [history, ...readdirSync(history).map((name) => join(history, name))]) chownSync(path, user, group)
  chmodSync(history, 0o700)
  return directory
}

test('prints a page about the history, with the rights of candy', async () => {
  const { status, stdout, stderr } = candy(['report', '-c', await siteWithHistory()])
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^<!doctype html>\n[\s\S]*<\/html>\n$/)
  expect(stdout).toContain('3 messages for 3 recipients were judged')
  expect(stdout).toContain('virus found: Eicar')
})

test('prints JSON with the members that docs/json.md names, and no others', async () => {
  const directory = await siteWithHistory()
  mkdirSync(join(directory, 'state/quarantine'))
  const { status, stdout } = candy(['report', '-c', directory, '--since', '2d', '--json'])
  expect(status).toBe(0)
  const printed = JSON.parse(stdout)
  expect(printed).toMatchObject({
    version: 1,
    configDirectory: directory,
    messages: 3,
    actions: { accept: 2, refuse: 1 },
    findings: { all: 1, top: [{ filter: '20-clamav', text: 'virus found: Eicar', times: 1 }] },
    quarantine: { messages: 0, bytes: 0 },
  })
  const [, page = ''] = readPage('docs/json.md').split('## `candy report --json`')
  const named = readTable(page, 'member').flatMap(({ member = '' }) => member.match(/\w+/g) ?? [])
  expect(Object.keys(printed).toSorted()).toEqual(named.toSorted())
  const [, text = ''] = page.split('One of `top` has')
  for (const name of Object.keys(printed.findings.top[0])) expect(text).toContain(`\`${name}\``)
})

test('writes a file as whoever typed the command, and replaces it as a whole', async () => {
  const directory = await siteWithHistory()
  const closed = scratch()
  const out = join(closed, 'report.html')
  writeFileSync(out, 'the last one')
  expect(candy(['report', '-c', directory, '--out', out])).toEqual({ status: 0, stdout: '', stderr: '' })
  expect(readFileSync(out, 'utf8')).toContain('3 messages')
  expect(statSync(out)).toMatchObject({ uid: 0, gid: 0 })
  expect(readdirSync(closed)).toEqual(['report.html'])
})

test('a file that cannot be written is 74, and what is no file is not replaced', async () => {
  const directory = await siteWithHistory()
  const out = scratch()
  const link = join(out, 'link')
  symlinkSync('/dev/null', link)
  for (const [path, status] of [
    [join(out, 'nowhere/report.html'), 74],
    [out, 64],
    [link, 64],
    ['/dev/null', 64],
  ] as const) {
    const run = candy(['report', '-c', directory, '--out', path])
    expect([run.status, run.stderr.startsWith(`--out ${path}: `)]).toEqual([status, true])
  }
  const { stderr } = candy(['report', '-c', directory, '--out', join(out, 'nowhere/report.html')])
  expect(stderr).toContain(`there is no directory ${join(out, 'nowhere')}\n`)
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  expect(readdirSync(out)).toEqual(['link'])
})

test('a span that is none is a wrong use, and leaves the file as it was', async () => {
  const out = join(scratch(), 'report.html')
  writeFileSync(out, 'the last one')
  const { status, stderr } = candy(['report', '-c', await siteWithHistory(), '--since', '30', '--out', out])
  expect([status, readFileSync(out, 'utf8')]).toEqual([64, 'the last one'])
  expect(stderr).toContain('--since 30: write days')
})

test('a history that cannot be read leaves the file as it was', async () => {
  const directory = await siteWithHistory()
  chownSync(join(directory, 'state/history'), 0, 0)
  const out = join(scratch(), 'report.html')
  writeFileSync(out, 'the last one')
  const { status, stderr } = candy(['report', '-c', directory, '--out', out])
  expect([status, readFileSync(out, 'utf8')]).toEqual([77, 'the last one'])
  expect(stderr).toContain(`${directory}/state/history: permission denied`)
})

test('without a service that has ever run the page says so', () => {
  const directory = site()
  mkdirSync(join(directory, 'state'))
  writeFileSync(join(directory, 'candy.toml'), `state = "${directory}/state"\n`)
  const { status, stdout } = candy(['report', '-c', directory])
  expect(status).toBe(0)
  expect(stdout).toContain('no message has been judged yet, or the service has never run')
})

test('on a terminal it says what to type, and prints no page', async () => {
  const directory = await siteWithHistory()
  const line = `${process.execPath} ${COMMAND} report -c ${directory}; echo status $?`
  const stdout = await runCommand('script', ['--quiet', '--command', line, '/dev/null'])
  expect(stdout.toString()).toContain('candy report --out report.html')
  expect(stdout.toString()).toContain('status 64')
  expect(stdout.toString()).not.toContain('<')
})
