import { parseAddress } from '@candy/sdk/values'
import { expect, test } from 'vitest'
import { explainAbsence } from '../src/absence.js'

const HERE = [process.execPath]
const NOWHERE = ['/nonexistent/spamd']

test.each([
  ['127.0.0.1:783', 'ECONNREFUSED'],
  ['[::1]:783', 'ECONNREFUSED'],
  ['localhost:783', 'ECONNREFUSED'],
  ['/run/spamd.sock', 'ENOENT'],
])('a spamd that is not installed is to be installed: %s', async (address, code) => {
  expect(await explainAbsence(parseAddress(address), code, NOWHERE)).toBe(
    'spamd is not installed here (there is no /nonexistent/spamd): apt install spamd (on Debian 11: spamassassin)',
  )
})

test.each([
  ['127.0.0.1:783', 'ECONNREFUSED', 'spamd does not listen there'],
  ['/run/spamd.sock', 'ENOENT', 'there is no such socket'],
  ['/run/spamd.sock', 'ECONNREFUSED', 'nobody listens at this socket any more'],
])('a spamd that is installed is to be started, or to be looked for: %s, %s', async (address, code, what) => {
  expect(await explainAbsence(parseAddress(address), code, HERE)).toBe(
    `${what}: systemctl enable --now spamd (on Debian 11: spamassassin), or, if it runs, write where it listens ` +
      '(OPTIONS in /etc/default/spamd; 127.0.0.1:783 unless they say otherwise) into "addresses"',
  )
})

test('for a spamd on another host the text says nothing about this machine', async () => {
  expect(await explainAbsence(parseAddress('192.0.2.1:783'), 'ECONNREFUSED', NOWHERE)).toBe(
    'nobody listens there: is spamd running on that host, and does its --listen name this port?',
  )
})

test('a socket that this account may not use says how it may', async () => {
  expect(await explainAbsence(parseAddress('/run/spamd.sock'), 'EACCES', HERE)).toMatch(
    /^the account \S+ may not use this socket: start spamd with --socketmode=0666, or/,
  )
})

test('what files do not explain is left as it is', async () => {
  expect(await explainAbsence(parseAddress('/run/spamd.sock'), 'EAGAIN', HERE)).toBeUndefined()
  expect(await explainAbsence(parseAddress('192.0.2.1:783'), undefined, HERE)).toBeUndefined()
})
