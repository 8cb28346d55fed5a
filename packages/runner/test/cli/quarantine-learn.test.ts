/** `candy quarantine learn`, typed by root: with a real spamd, and with filters that do not learn as they should. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installCandy } from '../../../../test/kit/installation.js'
import { makeScratch, type Scratch } from '../../../../test/kit/scratch.js'
import { type Spamd, startSpamd } from '../../../../test/kit/spamd.js'
import { plantInSite } from '../packages/planted.js'
import { candy, type Run, runCandy } from './candy.js'
import { makeQuarantineSite, type QuarantineSite } from './quarantine-site.js'

interface Desk extends Omit<QuarantineSite, 'keep'> {
  /** Puts a message there; returns its name. */
  keep(id: string, text?: string): Promise<string>
}

async function startDesk(files: Readonly<Record<string, string>>): Promise<Desk> {
  const made = await makeQuarantineSite(files)
  const spam = 'Subject: x\r\n\r\nbuy our excellent watches\r\n'
  return { ...made, keep: (id, text = spam) => made.keep({ id }, text) }
}

describe('with a real spamd', () => {
  let scratch: Scratch
  let spamd: Spamd
  let command: string

  beforeAll(async () => {
    scratch = await makeScratch('quarantine-learn')
    command = (await installCandy(join(scratch.path, 'candy'))).candy
    spamd = await startSpamd({ directory: scratch.path, allowTell: true })
  })

  afterAll(async () => {
    await spamd?.[Symbol.asyncDispose]()
    await scratch?.[Symbol.asyncDispose]()
  })

  test('messages are learned and forgotten, by name or as options choose them, and stay', async () => {
    const filter = `filter = "@candy/filter-spamassassin"\n[options]\naddresses = ["${spamd.socket}"]\n`
    const desk = await startDesk({ 'filters.d/60-spam.toml': filter })
    const learn = (...argv: readonly string[]): Run =>
      runCandy(command, ['-c', desk.configDirectory, 'quarantine', 'learn', ...argv])
    const name = await desk.keep('first')
    const other = await desk.keep('other', 'Subject: y\r\n\r\nlunch at noon?\r\n')

    expect(learn('spam', 'first')).toEqual({
      status: 0,
      stdout: `${name}: 60-spam has learned that it is spam\n`,
      stderr: '',
    })
    expect(learn('spam', 'first').stdout).toBe(`${name}: 60-spam knew that it is spam\n`)
    expect(JSON.parse(learn('forget', 'first', '--json').stdout)).toEqual({
      version: 1,
      lesson: 'forget',
      messages: [{ name, filters: [{ name: '60-spam', changed: true }] }],
    })
    expect(learn('ham', '--all', '--dry-run').stdout).toBe(
      [name, other].map((one) => `would have filters learn that it is no spam: ${one}\n`).join(''),
    )
    expect(learn('ham', '--all')).toMatchObject({ status: 64, stderr: expect.stringContaining('say --yes') })
    expect(learn('ham', '--all', '--yes').stdout).toBe(
      [name, other].map((one) => `${one}: 60-spam has learned that it is no spam\n`).join(''),
    )
    expect(readFileSync(desk.log, 'utf8')).toContain('lesson=ham')
    expect(runCandy(command, ['-c', desk.configDirectory, 'quarantine', 'list', '--json']).stdout).toContain(other)
  })
})

/** A filter that learns by this function. */
function learning(learn: string): string {
  return `export const filter = {
    api: 1, name: 'planted', rewrites: false,
    options: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } },
    create: () => ({ judge: () => ({ action: 'accept' }), learn: ${learn} }),
  }`
}

async function plantedDesk(learn: string): Promise<Desk & { learn(...argv: readonly string[]): Run }> {
  const desk = await startDesk({ 'filters.d/10-planted.toml': 'filter = "planted"\n' })
  plantInSite(join(desk.configDirectory, 'state'), 'planted', { 'index.js': learning(learn) })
  return { ...desk, learn: (...argv) => candy(['-c', desk.configDirectory, 'quarantine', 'learn', ...argv]) }
}

describe('with other filters', () => {
  test('what a filter prints and the text of its error are no part of the answer', async () => {
    const desk = await plantedDesk(`async () => { console.log('hello'); throw new Error('no \\x1b[2J lesson') }`)
    const name = await desk.keep('first')
    const { status, stdout, stderr } = desk.learn('spam', name)
    expect({ status, stdout }).toEqual({ status: 69, stdout: `${name}: 10-planted has not: no ?[2J lesson\n` })
    expect(stderr).toBe('hello\n')
  })

  test('a damaged message is told, and the others are learned', async () => {
    const desk = await plantedDesk('async () => true')
    const name = await desk.keep('first')
    const damaged = await desk.keep('second')
    rmSync(join(desk.directory, damaged, 'record.json'))
    const { status, stdout } = desk.learn('spam', '--all', '--yes')
    expect(status).toBe(69)
    expect(stdout).toContain(`${name}: 10-planted has learned that it is spam\n`)
    expect(stdout).toMatch(new RegExp(`^${damaged}: not read: .*record\\.json`, 'm'))
  })

  test('where none can learn, that is said, and which one can', async () => {
    const desk = await plantedDesk('undefined')
    await desk.keep('first')
    expect(desk.learn('spam', 'first')).toMatchObject({
      status: 69,
      stderr: expect.stringContaining('no filter can learn; @candy/filter-spamassassin can'),
    })
  })

  test('a wrong lesson and a wrong configuration are told before anything is learned', async () => {
    const desk = await plantedDesk('async () => true')
    await desk.keep('first')
    expect(desk.learn('maybe', 'first')).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('spam, ham, forget'),
    })
    writeFileSync(join(desk.configDirectory, 'filters.d/20-broken.toml'), 'filter = 1\n')
    expect(desk.learn('spam', 'first')).toMatchObject({
      status: 78,
      stderr: expect.stringContaining('filters.d/20-broken.toml:1:'),
    })
  })
})
