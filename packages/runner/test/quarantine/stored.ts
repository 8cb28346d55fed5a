/** Messages that lie in a quarantine. */
import type { QuarantineRecord } from '../../src/quarantine/record.js'
import { store } from '../../src/quarantine/store.js'
import { chunks } from '../support.js'

export const TEXT = 'From: A <a@example.com>\r\nSubject: hello\r\n\r\nbody\r\n'

export const RECORD: QuarantineRecord = {
  version: 1,
  id: '4bXyz12',
  time: '2026-01-02T03:04:05.678Z',
  mode: 'smtp',
  envelope: { sender: 'a@example.com', recipients: ['b@example.net', 'c@example.org'] },
  commands: {
    xforward: ['XFORWARD NAME=mx.example.com ADDR=192.0.2.1', 'XFORWARD SOURCE=REMOTE'],
    mail: 'MAIL FROM:<a@example.com> BODY=8BITMIME RET=HDRS ENVID=QQ+2B314',
    recipients: [
      'RCPT TO:<b@example.net> NOTIFY=SUCCESS ORCPT=rfc822;old-b@example.net',
      'RCPT TO:<c@example.org> NOTIFY=NEVER',
    ],
  },
  reason: { filter: '50-clamav', text: 'virus found: Eicar', status: [7, 1] },
  reports: [{ name: '50-clamav', action: 'reject', milliseconds: 3, text: 'virus found: Eicar' }],
  header: { from: 'A <a@example.com>', subject: 'hello', messageId: '<1@example.com>' },
  size: TEXT.length,
}

/** Stores a message like the one above; returns its name. */
export function keep(directory: string, other: Partial<QuarantineRecord> = {}, text: string = TEXT): Promise<string> {
  return store(directory, { ...RECORD, size: Buffer.byteLength(text, 'latin1'), ...other }, chunks(text))
}
