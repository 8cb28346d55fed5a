import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseSettings } from '../../src/config/settings.js'
import { MODES, SERVED_MODES } from '../../src/postfix/mode.js'
import { findEndpoints } from '../../src/service/endpoints.js'
import { configuration } from '../cli/configuration.js'

/** The endpoints for these lines of candy.toml, as `mode listen`. */
async function endpoints(lines: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<readonly string[]> {
  const directory = configuration({ master: '', main: 'queue_directory = /queue\n' })
  const text = [`state = "${join(directory, 'state')}"`, ...lines].join('\n')
  const found = await findEndpoints(directory, parseSettings(directory, text, []), env)
  return found.map(({ mode, listen }) => `${mode} ${'path' in listen ? listen.path : listen.port}`)
}

const ALL = SERVED_MODES.map((mode) => `${mode} /queue/${MODES[mode].socket}`)

test('whatever the mode is, all modes are served', async () => {
  for (const mode of ['pipe', ...SERVED_MODES]) expect(await endpoints([`mode = "${mode}"`])).toEqual(ALL)
})

test('an address for the mode in force is the only one', async () => {
  const listen = 'listen = "127.0.0.1:10024"'
  expect(await endpoints(['mode = "milter"', '[milter]', listen])).toEqual(['milter 10024'])
  expect(await endpoints(['mode = "smtp"', '[smtp]', listen])).toEqual(['smtp 10024'])
  expect(await endpoints(['mode = "smtp"', '[milter]', listen])).toEqual([...ALL.slice(0, 2), 'milter 10024'])
})

test('units from before mode milter serve on, until that mode is chosen', async () => {
  const env = { LISTEN_FDS: '2', LISTEN_PID: `${process.pid}`, LISTEN_FDNAMES: 'smtp:smtp-before' }
  expect(await endpoints(['mode = "smtp"'], env)).toEqual(ALL.slice(0, 2))
  expect(await endpoints(['mode = "milter"'], env)).toEqual(ALL)
})
