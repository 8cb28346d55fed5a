/** The example filters as their authors would try them: `candy check --filter DIRECTORY`, without Postfix. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Installation, installCandy } from '../../../../test/kit/installation.js'
import { makeScratch, type Scratch } from '../../../../test/kit/scratch.js'
import { type Run, runCandy, site } from '../cli/candy.js'

let home: Scratch
let installation: Installation
beforeAll(async () => {
  home = await makeScratch('examples')
  installation = await installCandy(join(home.path, 'candy'))
})
afterAll(() => home.remove())

/** The directory of an example, in a place that the account which runs filters can read. */
function example(name: string): string {
  return join(installation.directory, 'node_modules', `candy-${name}`)
}

function candy(argv: readonly string[], input = ''): Run {
  return runCandy(installation.candy, argv, input)
}

/** Judges a letter with one example, its options at their defaults. */
function check(directory: string, mail: string | Buffer, ...argv: string[]) {
  const config = site()
  const file = join(config, 'letter.eml')
  writeFileSync(file, mail)
  const run = candy(['check', '-c', config, '--json', '--filter', example(directory), ...argv, '--', file])
  expect(run.stderr).toBe('')
  return { status: run.status, outcome: JSON.parse(run.stdout) }
}

test('filter-size lets a small message pass', () => {
  const { status, outcome } = check('filter-size', 'Subject: lunch\n\nat noon?\n')
  expect(status).toBe(0)
  expect(outcome).toMatchObject({ version: 1, action: 'accept', edits: [], rewritten: false })
  expect(outcome.filters).toMatchObject([{ action: 'accept' }])
})

test('filter-size keeps a large message from many recipients', () => {
  const header = Buffer.from(`Subject: ${'x'.repeat(1024 - 13)}\r\n\r\n`)
  const body = Buffer.alloc(2 ** 21 - header.length, `${'x'.repeat(1022)}\r\n`)
  const recipients = Array.from({ length: 126 }, (_, index) => ['--to', `r${index}@example.com`]).flat()
  const { status, outcome } = check('filter-size', Buffer.concat([header, body]), ...recipients)
  expect(status).toBe(69)
  expect(outcome.filters).toMatchObject([
    { action: 'reject', text: 'too large for 126 recipients: send it to 125 at once, or send a link' },
  ])
})

test.each([
  ['filter-footer', '[options]\ntext = "Example Ltd"\n', 0, 'accept', true],
  ['filter-lookup', '[options]\nurl = "http://127.0.0.1:9/"\n', 75, 'defer', false],
])('%s works from a drop-in', (directory, options, status, action, rewritten) => {
  const config = site({ 'filters.d/50-it.toml': `filter = "${example(directory)}"\n${options}` })
  const file = join(config, 'letter.eml')
  writeFileSync(file, 'Subject: lunch\n\nat noon?\n')
  const run = candy(['check', '-c', config, '--json', file])
  expect(run.stderr).toBe('')
  expect(run.status).toBe(status)
  expect(JSON.parse(run.stdout)).toMatchObject({ action, rewritten })
})

test.each(['filter-size', 'filter-footer', 'filter-lookup'])(
  'a misspelt option of %s is named, and the right one',
  (directory) => {
    const options = { 'filter-size': 'mesage_limit', 'filter-footer': 'txet', 'filter-lookup': 'ulr' }[directory]
    const config = site({
      'filters.d/50-it.toml': `filter = "${example(directory)}"\n[options]\n${options} = "x"\n`,
    })
    const { status, stderr } = candy(['check', '-c', config], '')
    expect(status).toBe(78)
    expect(stderr).toContain(`50-it.toml:3:1: options.${options}: `)
    expect(stderr).toContain('did you mean')
  },
)
