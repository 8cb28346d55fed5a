import { contract } from '@candy/sdk/testing'
import { test } from 'vitest'
import { filter } from '../src/index.js'
import { fakeSpamd, PONG, symbols } from './fake-spamd.js'

const HEADERS = 'SPAMD/1.1 0 EX_OK\r\nContent-length: 2\r\nSpam: False ; 1.0 / 5.0\r\n\r\n\r\n'

contract({
  test,
  filter,
  on: 'tcp',
  backend: fakeSpamd(({ command, body }) => {
    if (command.startsWith('PING')) return PONG
    if (command.startsWith('HEADERS')) return HEADERS
    if (command.startsWith('TELL')) return 'SPAMD/1.1 0 EX_OK\r\nDidSet: local\r\n\r\n\r\n'
    return symbols(`True ; ${body.length % 15}.5 / 0.0`)
  }),
  options: ({ address }) => ({ addresses: [address], subject_tag: '[SPAM]' }),
  dropIn: new URL('../filters.d/60-spamassassin.toml', import.meta.url),
})
