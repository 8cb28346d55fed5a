/** What Postfix can hand to a filter, and the filter must hand back: one mail for each way in which mail is odd. */
import type { Mail } from './client.js'

export const sender = 'sender@example.com'
export const recipients: readonly string[] = ['recipient@example.net']
export const header = 'Subject: fidelity\r\n\r\n'

/** What a letter does not say is `sender` and `recipients`. */
export const MAILS: Readonly<Record<string, Partial<Mail> & Pick<Mail, 'bytes'>>> = {
  'plain text': { bytes: `${header}hello\r\n` },
  '8-bit bytes': { bytes: Buffer.from(`${header}\x80\xff caf\xe9\r\n`, 'latin1'), mail: 'BODY=8BITMIME' },
  'lines of dots': { bytes: `${header}.\r\n..\r\n...\r\n.a\r\n` },
  'lines of 990 characters': { bytes: `${header}${'x'.repeat(990)}\r\n${'y'.repeat(990)}\r\n` },
  'an empty body': { bytes: header },
  'a header and nothing else': { bytes: 'Subject: alone\r\n' },
  'blanks at the ends of lines and empty lines at the end': { bytes: `${header}a \r\n\t\r\n\r\n\r\n` },
  '50 recipients': { recipients: Array.from({ length: 50 }, (_, n) => `r${n}@example.net`), bytes: `${header}hi\r\n` },
  'the null sender': { sender: '', bytes: `${header}bounce\r\n` },
  'an internationalised address': {
    sender: 'jörg@exämple.com',
    recipients: ['用户@example.net'],
    mail: 'SMTPUTF8',
    bytes: `${header}hi\r\n`,
  },
  'addresses that need quoting': {
    sender: '"a b"@example.com',
    recipients: ['"c d"@example.net', '-x@example.net'],
    bytes: `${header}hi\r\n`,
  },
  'a mebibyte': { bytes: `${header}${'0123456789abcdef0123456789abcdef\r\n'.repeat(32_768)}` },
}

/** From the empty line on; everything from the first line that Postfix can't have added where there is none. */
export function bodyOf(message: Uint8Array | string): string {
  const bytes = Buffer.from(message)
  const at = bytes.indexOf('\r\n\r\n')
  return at === -1 ? '' : bytes.subarray(at + 4).toString('latin1')
}
