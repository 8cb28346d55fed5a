/** The first command of README.md, where nothing may be mounted: in a plain container. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { tryCommand } from '../kit/command.js'
import { drawTerminal, readTerminal } from './picture.js'

const ROOT = resolve(import.meta.dirname, '../..')

/** Without CAP_SYS_ADMIN no process may mount anything or make a mount namespace (capabilities(7)). */
const IN_A_CONTAINER = ['--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin', '--'] as const

test('the demo runs where no mount namespaces are allowed, and shows what the picture in the README does', async () => {
  expect((await tryCommand('setpriv', [...IN_A_CONTAINER, 'unshare', '--mount', 'true'])).status).not.toBe(0)
  const run = await tryCommand('setpriv', [...IN_A_CONTAINER, process.execPath, resolve(import.meta.dirname, 'run.js')])
  expect(run.stderr.toString()).toBe('')
  expect(run.status).toBe(0)
  const picture = readTerminal(await readFile(resolve(ROOT, 'docs/demo.svg'), 'utf8')).join('\n')
  expect(outcomesIn(picture)).toHaveLength(6)
  expect(outcomesIn(run.stdout.toString())).toEqual(outcomesIn(picture))
  expect(run.stdout.toString()).toContain('\nEvery message had the expected outcome.\n')
})

test('a picture shows each line as it was printed', () => {
  const lines = ['a <b> & "c"', '', '  &lt; delivered  identical']
  expect(readTerminal(drawTerminal('npm run demo', lines))).toEqual(['$ npm run demo', ...lines])
})

/** The table but for its times. */
function outcomesIn(text: string): readonly string[] {
  const [, rows = ''] = /^(message +bytes [\s\S]*?)\n\n/m.exec(text) ?? []
  return rows.split('\n').map((row) => row.replace(/ \d+ +| \d+\.\d /g, ' ').replace(/ +/g, ' '))
}
