/** The unit files, in the eyes of systemd itself. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { unitsFor } from '../../src/postfix/systemd.js'
import { scratch } from '../support.js'
import { instanceOf } from './shapes.js'

const INSTANCE = instanceOf({ parameters: { setgid_group: 'postdrop' } })

function units(way: 'after' | 'before', state: string): Readonly<Record<string, string>> {
  const command = ['/bin/true', '/opt/a b/100%/$x/candy.js', 'serve']
  const made = unitsFor(INSTANCE, { name: 'candy', command, way, state, group: 'postfix' })
  return Object.fromEntries(made.map(({ path, text }) => [basename(path), text ?? '']))
}

test.each(['after', 'before'] as const)('systemd finds nothing to say of them, %s the queue', (way) => {
  const directory = scratch()
  const state = join(directory, 'state')
  mkdirSync(state)
  const files = units(way, state)
  const paths = Object.entries(files).map(([name, text]) => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  })
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' })
  expect(stderr.split('\n').filter((line) => line.includes(directory))).toEqual([])
  expect(status).toBe(0)
})

test('the socket is that of the mode, and words with blanks, per cents and dollars stay what they are', () => {
  expect(units('after', '/s')['candy.socket']).toContain('ListenStream=/var/spool/postfix/candy/lmtp\n')
  expect(units('before', '/s')['candy.socket']).toContain('ListenStream=/var/spool/postfix/candy/proxy\n')
  expect(units('after', '/s')['candy.service']).toContain('ExecStart=/bin/true "/opt/a b/100%%/$$x/candy.js" serve\n')
  expect(units('after', '/s')['candy.service']).not.toContain('MemoryDenyWriteExecute')
})
