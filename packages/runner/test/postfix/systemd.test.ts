/** The unit files, in the eyes of systemd itself. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { unitsFor } from '../../src/postfix/systemd.js'
import { scratch } from '../support.js'
import { instanceOf } from './shapes.js'

const INSTANCE = instanceOf({ parameters: { setgid_group: 'postdrop' } })

function units(state: string): Readonly<Record<string, string>> {
  const command = ['/bin/true', '/opt/a b/100%/$x/candy.cjs', 'serve']
  const made = unitsFor(INSTANCE, { name: 'candy', command, state, group: 'postfix' })
  return Object.fromEntries(made.map(({ path, text }) => [basename(path), text ?? '']))
}

test('systemd-analyze verify finds nothing wrong with the units', () => {
  const directory = scratch()
  const state = join(directory, 'state')
  mkdirSync(state)
  const files = units(state)
  const paths = Object.entries(files).map(([name, text]) => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  })
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' })
  expect(stderr.split('\n').filter((line) => line.includes(directory))).toEqual([])
  expect(stderr).not.toContain('candy')
  expect(status).toBe(0)
})

test('each socket has a unit and a name of its own, and all activate the one service', () => {
  const files = units('/s')
  expect(Object.keys(files)).toEqual(
    ['smtp', 'smtp-before', 'milter', 'pipe'].map((mode) => `candy-${mode}.socket`).concat('candy.service'),
  )
  const sockets = {
    smtp: '/var/spool/postfix/candy/lmtp',
    'smtp-before': '/var/spool/postfix/candy/proxy',
    milter: '/var/spool/postfix/candy/milter',
    pipe: '/s/pipe/socket',
  }
  for (const [mode, socket] of Object.entries(sockets)) {
    const unit = files[`candy-${mode}.socket`]
    expect(unit).toContain(`ListenStream=${socket}\n`)
    expect(unit).toContain(`FileDescriptorName=${mode}\n`)
    expect(unit).toContain('Service=candy.service\n')
  }
  expect(files['candy-pipe.socket']).toMatch(/^SocketGroup=candy\nSocketMode=0600$/m)
  expect(files['candy.service']).toContain(
    'Sockets=candy-smtp.socket candy-smtp-before.socket candy-milter.socket candy-pipe.socket\n',
  )
})

test('words with blanks, per cent and dollar signs are quoted for systemd', () => {
  const { 'candy.service': service } = units('/s')
  expect(service).toContain('ExecStart=/bin/true "/opt/a b/100%%/$$x/candy.cjs" serve\n')
  expect(service).not.toMatch(/^MemoryDenyWriteExecute/m)
})
