/** Messages of which Postfix has logged no recipient yet. */
import { describe, expect, test } from 'vitest'
import { find, log } from './logs.js'

describe('a message in the queue that Postfix has not tried to deliver', () => {
  const id = '827E220E060'
  const lines = log(
    `smtpd[1]: ${id}: client=mx.example.com[192.0.2.1]`,
    `qmgr[2]: ${id}: from=<old@example.com>, size=300, nrcpt=1 (queue active)`,
    `qmgr[2]: ${id}: removed`,
    `smtpd[1]: ${id}: client=mx.example.com[192.0.2.1]`,
    `qmgr[2]: ${id}: from=<alice@example.com>, size=300, nrcpt=2 (queue active)`,
  )
  const waiting = new Map([[id, ['bob@example.net', 'carol@example.net']]])
  const recipients = ['bob@example.net', 'carol@example.net'].map((recipient) => ({ recipient, outcome: 'queued' }))

  test('is found by its recipients', async () => {
    const { messages } = await find('bob@example.net', [lines], { waiting })
    expect(messages).toMatchObject([{ sender: 'alice@example.com', recipients }])
    expect((await find('bob@example.net', [lines])).messages).toEqual([])
  })

  test('is not taken for an earlier one of the same id', async () => {
    const { messages } = await find(id, [lines], { waiting })
    expect(messages).toMatchObject([
      { sender: 'alice@example.com', recipients },
      { sender: 'old@example.com', recipients: [] },
    ])
  })
})
