import { expect, test } from 'vitest'
import { killsNode } from '../../src/postfix/hardening.js'
import { candyServices } from '../../src/postfix/services.js'
import { instanceOf } from './shapes.js'

const PIPE = '/opt/candy/candy-pipe'

test.each([
  [true, `argv=${PIPE} --limit`],
  [false, `argv=${PIPE} --jitless --limit`],
])('the command of pipe mode, where Postfix may make memory executable: %j', (allowsExecutableMemory, begins) => {
  const services = candyServices(instanceOf({ allowsExecutableMemory }), { mode: 'pipe', candyPipe: PIPE })
  const pipe = services.find(({ service }) => service === 'candy')
  expect(pipe?.args?.join(' ')).toContain(begins)
})

test.each([
  ['SystemCallFilter=\nSystemCallErrorNumber=2147483646', false],
  ['SystemCallFilter=read write\nSystemCallErrorNumber=2147483646', true],
  ['SystemCallFilter=read write\nSystemCallErrorNumber=1', false],
  ['SystemCallFilter=read pkey_alloc write\nSystemCallErrorNumber=', false],
  ['SystemCallFilter=~mount reboot\nSystemCallErrorNumber=', false],
  ['SystemCallFilter=~mount pkey_alloc\nSystemCallErrorNumber=', true],
  ['', false],
])('a unit that shows %j ends Node.js: %j', (shown, ends) => {
  expect(killsNode(shown)).toBe(ends)
})
